import { expect, test } from 'vitest';
import { describeMissing, describeRun } from './describe-run.ts';
import { PARTS } from './parts.ts';
import type { StackUrls } from './start-stack.ts';

const urls: StackUrls = {
  otlpHttp: 'http://127.0.0.1:1',
  otlpGrpc: 'http://127.0.0.1:2',
  collectorHealth: 'http://127.0.0.1:3',
  collectorMetrics: 'http://127.0.0.1:4/metrics',
  prometheus: 'http://127.0.0.1:5',
  alertmanager: 'http://127.0.0.1:6',
  loki: 'http://127.0.0.1:7',
  traces: 'http://127.0.0.1:8',
};
const run = {
  stack: { urls },
  port: 8080,
  managementPort: 9464,
  relayPort: 8082,
  alerts: 'into a file',
  logFolder: '/somewhere/logs',
};

test('the page names every part with its address and version, and how to end', () => {
  const page = describeRun(run);
  for (const expected of [
    /Chat page +http:\/\/127\.0\.0\.1:8080$/m,
    /Gateway metrics +http:\/\/127\.0\.0\.1:9464\/metrics$/m,
    /Jaeger \(traces\) +http:\/\/127\.0\.0\.1:8$/m,
    /Prometheus \(API\) +http:\/\/127\.0\.0\.1:5\/api/m,
    /Alertmanager +http:\/\/127\.0\.0\.1:6$/m,
    /Alert relay +http:\/\/127\.0\.0\.1:8082\/metrics$/m,
    /Alerts +into a file$/m,
    /Loki \(API\) +http:\/\/127\.0\.0\.1:7\/loki/m,
    /Versions +otelcol 0\.155\.0, prometheus 3\.16\.0, alertmanager 0\.31\.1, loki 3\.7\.8, jaeger 1\.62\.0$/m,
    /\/somewhere\/logs$/m,
    /^Ctrl-C ends all of it\.$/m,
  ]) {
    expect(page).toMatch(expected);
  }
  expect(page).not.toMatch(/Grafana|Tempo/);
});

test('Tempo and Grafana have their lines where they run', () => {
  const more = { ...urls, tempo: 'http://127.0.0.1:9', grafana: 'http://127.0.0.1:10' };
  const page = describeRun({ ...run, stack: { urls: more } });
  expect(page).toMatch(/Grafana +http:\/\/127\.0\.0\.1:10$/m);
  expect(page).toMatch(/Tempo \(API\) +http:\/\/127\.0\.0\.1:9$/m);
});

test('what is not installed is said, and nothing when all is there', () => {
  expect(describeMissing(PARTS)).toBe('');
  const text = describeMissing(PARTS.filter((part) => part !== 'tempo' && part !== 'grafana'));
  expect(text).toMatch(/^Tempo is not installed: Jaeger stands in.*\nGrafana is not installed: .*\n$/);
});
