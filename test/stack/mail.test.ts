import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ALERT_RULES } from './alert-files.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { postAlerts, type PostedAlert } from './post-alerts.ts';

const GRAFANA = 'https://grafana.example';
const HANDBOOK = 'https://handbook.example/en';
const STARTED = '2026-11-20T21:04:05Z';
/** Hostile on purpose: names come from outside, and a mail is read in a browser. */
const INSTANCE = '<img src=x onerror=alert(1)>&"worker"';

let folder: string;
let server: MailServer;
let stack: Stack;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-mail-'));
  server = await startMailServer();
  stack = await startStack({
    folder,
    parts: ['alertmanager'],
    alertTiming: 'short',
    environment: {
      GLASSGATE_STACK_SMTP_HOST: server.address,
      GLASSGATE_STACK_SMTP_FROM: 'glassgate@example.com',
      GLASSGATE_STACK_ALERT_MAIL_TO: 'on-call@example.com, team@example.com',
      GLASSGATE_STACK_GRAFANA_URL: GRAFANA,
      GLASSGATE_STACK_HANDBOOK_URL: HANDBOOK,
    },
  });
  await postAlerts(stack.urls.alertmanager, [collectorDown()]);
  await waitUntil('the mail', () => server.mails.length > 0, 20_000);
});
afterAll(async () => {
  await stack.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As the rule makes it, but for the values that Prometheus would put into its sentences. */
function collectorDown(): PostedAlert {
  const rule = ALERT_RULES.find(({ alert }) => alert === 'CollectorQueueFilling');
  return {
    labels: { alertname: 'CollectorQueueFilling', instance: INSTANCE, ...rule?.labels },
    annotations: {
      ...rule?.annotations,
      summary: `The queue of ${INSTANCE} is 80 % full`,
      summary_zh: '队列已满 80 %',
    },
    startsAt: STARTED,
  };
}

function fromHtml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&amp;', '&');
}

describe('the mail of an alert', () => {
  it('goes to all who are named, from whom it says', () => {
    expect(server.mails[0]?.from?.text).toBe('glassgate@example.com');
    expect([server.mails[0]?.to].flat().map((to) => to?.text)).toEqual([
      'on-call@example.com, team@example.com',
    ]);
  });

  it('says how urgent, in which state and what in its subject', () => {
    expect(server.mails[0]?.subject).toBe(`[TICKET] FIRING: The queue of ${INSTANCE} is 80 % full`);
  });

  it('can be read without HTML: what, since when, labels, query', () => {
    const { text = '' } = server.mails[0] ?? {};
    expect(text).toContain('1 firing, 0 resolved.');
    expect(text).toContain('队列已满 80 %');
    expect(text).toContain('Nothing is lost yet; at 100 % the Collector drops.');
    expect(text).toMatch(/^Since: +2026-11-20 21:04:05 UTC$/m);
    expect(text).toMatch(/^Query: +otelcol_exporter_queue_size \/ otelcol_exporter_queue_capacity$/m);
    expect(text).toContain(`Alert:     CollectorQueueFilling, area=telemetry, instance=${INSTANCE}`);
    expect(text).not.toMatch(/<\w+ style|\{\{|no value|\$\{/);
  });

  it('leads to the runbook, the dashboard and the query, in text and in HTML', () => {
    const { text = '', html } = server.mails[0] ?? {};
    const links = [...String(html).matchAll(/href="([^"]+)"/g)].map(([, link = '']) => fromHtml(link));
    const from = Date.parse(STARTED) - 30 * 60_000;
    expect(links).toContain(`${HANDBOOK}/runbooks/collector.md`);
    expect(links).toContain(`${GRAFANA}/d/glassgate-telemetry?from=${from}&to=now`);
    const explore = new URL(links.find((link) => link.includes('/explore?')) ?? '');
    expect(JSON.parse(explore.searchParams.get('panes') ?? '')).toEqual({
      a: {
        datasource: 'prometheus',
        queries: [{ refId: 'A', expr: 'otelcol_exporter_queue_size / otelcol_exporter_queue_capacity' }],
        range: { from: String(from), to: 'now' },
      },
    });
    for (const link of links) expect(text.replaceAll('\n', ' ')).toContain(link);
  });

  it('shows names from outside as text', () => {
    expect(String(server.mails[0]?.html)).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(String(server.mails[0]?.html)).not.toContain('<img');
  });

  it('is followed by one that says when it was over', async () => {
    await postAlerts(stack.urls.alertmanager, [{ ...collectorDown(), endsAt: '2026-11-20T21:34:05Z' }]);
    const resolved = () => server.mails.find(({ subject }) => subject?.startsWith('[TICKET] RESOLVED: '));
    await waitUntil('the resolved mail', () => resolved() !== undefined, 90_000);
    expect(resolved()?.text).toMatch(/^Since: +2026-11-20 21:04:05 UTC\nUntil: +2026-11-20 21:34:05 UTC$/m);
    expect(resolved()?.text).toContain('0 firing, 1 resolved.');
  });
});
