import { expect, test } from 'vitest';
import type { Alert } from '../notification.ts';
import { alertLinks, type LinkBases } from './alert-links.ts';
import { WORDS } from './words.ts';

const ALERT: Alert = {
  fingerprint: 'f',
  firing: true,
  name: 'DiskFilling',
  severity: 'page',
  labels: { area: 'host' },
  summary: 'The disk fills',
  description: '',
  runbook: 'runbooks/disk-full',
  dashboard: 'glassgate-service',
  queryUrl: 'http://prometheus:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1',
  startsAt: 1_600_000,
};
const NOWHERE: LinkBases = {
  grafana: undefined,
  prometheus: undefined,
  alertmanager: undefined,
  handbook: undefined,
};

/** Addresses by the word that is clicked. */
function linksOf(bases: Partial<LinkBases>, alert: Partial<Alert> = {}): Record<string, string> {
  const text = alertLinks({ ...ALERT, ...alert }, { ...NOWHERE, ...bases }, 'http://am:9093', WORDS.en);
  return Object.fromEntries(
    [...text.matchAll(/\[(\w+)\]\(([^)]+)\)/g)].map(([, word = '', address = '']) => [word, address]),
  );
}

test('without bases there are only links to what the alert knows by itself', () => {
  expect(linksOf({})).toEqual({
    Query: ALERT.queryUrl,
    Silence: expect.stringMatching(/^http:\/\/am:9093\/#\/silences\/new\?filter=%7Balertname/) as string,
  });
});

test('a page of the handbook is the Markdown file it is, a whole address stays what it is', () => {
  const handbook = 'https://handbook.example/en';
  expect(linksOf({ handbook })['Runbook']).toBe(`${handbook}/runbooks/disk-full.md`);
  const runbook = 'https://wiki.example/disk';
  expect(linksOf({ handbook }, { runbook })['Runbook']).toBe(runbook);
});

test('a dashboard is seen from before it began', () => {
  const grafana = 'https://grafana.example';
  expect(linksOf({ grafana })['Dashboard']).toBe(`${grafana}/d/glassgate-service?from=1000000&to=now`);
});

test('the query opens where people look: Grafana, unless Prometheus has an address of its own', () => {
  const grafana = 'https://grafana.example';
  const explore = new URL(linksOf({ grafana })['Query'] ?? '');
  expect(explore.origin + explore.pathname).toBe(`${grafana}/explore`);
  expect(JSON.parse(explore.searchParams.get('panes') ?? '')).toEqual({
    a: {
      datasource: 'prometheus',
      queries: [{ refId: 'A', expr: 'up == 0' }],
      range: { from: '1000000', to: 'now' },
    },
  });
  const prometheus = 'https://prometheus.example';
  expect(linksOf({ grafana, prometheus })['Query']).toBe(`${prometheus}/graph?g0.expr=up+%3D%3D+0&g0.tab=1`);
  expect(linksOf({ grafana }, { queryUrl: 'http://other:1/x' })['Query']).toBe('http://other:1/x');
  expect(linksOf({ grafana }, { queryUrl: 'nowhere' })).not.toHaveProperty('Query');
});

test('what is over has nothing to silence', () => {
  expect(linksOf({}, { firing: false })).not.toHaveProperty('Silence');
});
