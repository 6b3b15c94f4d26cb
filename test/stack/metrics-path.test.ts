import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { METRICS } from '../../src/telemetry/vocabulary.ts';
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { waitUntil } from '../support/wait-until.ts';
import { queryPrometheus, sampleOf } from './query-stores.ts';

const REQUESTS = 24;
/** Scrapes and exports go on meanwhile: what was counted twice would show. */
const TWO_ROUNDS_MS = 35_000;

let folder: string;
let stack: Stack;
let gateway: GatewayProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-metrics-path-'));
  stack = await startStack({ folder, parts: ['otel-collector', 'prometheus'] });
  gateway = await startGateway({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp } });
  stack.setTargets('glassgate-scrape', [new URL(gateway.managementUrl).host]);
  for (let number = 0; number < REQUESTS; number += 1) await ask(number % 2 === 0);
});
afterAll(async () => {
  await gateway.stop();
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(stream: boolean): Promise<void> {
  const messages = [{ role: 'user', content: 'How are answers backed up?' }];
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages, stream }),
  });
  await response.text();
  expect(response.status).toBe(200);
}

const query = (expression: string) => queryPrometheus(stack.urls.prometheus, expression);

describe('the way of metrics into Prometheus', () => {
  it('counts every answer once, although the page of the gateway is scraped beside', async () => {
    const answers = 'sum(glassgate_answers_total)';
    await waitUntil('every answer', async () => sampleOf(await query(answers)) === REQUESTS, 40_000);
    await waitUntil(
      'a scrape',
      async () => sampleOf(await query('up{job="glassgate-scrape"}')) === 1,
      40_000,
    );
    const started = performance.now();
    await waitUntil('two rounds', () => performance.now() - started > TWO_ROUNDS_MS, TWO_ROUNDS_MS + 5000);
    expect(sampleOf(await query(answers))).toBe(REQUESTS);
    expect(sampleOf(await query('sum(http_server_request_duration_seconds_count)'))).toBe(REQUESTS);
    expect(sampleOf(await query('sum(glassgate_answers_total{glassgate_stream="true"})'))).toBe(REQUESTS / 2);
  });

  it('keeps nothing of the scraped page but whether it could be read', async () => {
    const kept = await query('count by (__name__) ({job="glassgate-scrape"})');
    const names = kept.map(({ metric }) => metric['__name__'] ?? '');
    expect(names).toContain('up');
    expect(names.filter((name) => name !== 'up' && !name.startsWith('scrape_'))).toEqual([]);
    expect(sampleOf(await query('scrape_samples_scraped{job="glassgate-scrape"}'))).toBeGreaterThan(100);
    expect(sampleOf(await query('scrape_samples_post_metric_relabeling{job="glassgate-scrape"}'))).toBe(0);
  });

  it('stores every metric of the gateway under one job, one name and one unit', async () => {
    const stored = await query('count by (__name__, job) ({__name__=~"(glassgate|gen_ai|http_server)_.+"})');
    const jobs = new Map(stored.map(({ metric }) => [metric['__name__'], [] as string[]]));
    for (const { metric } of stored) jobs.get(metric['__name__'])?.push(metric['job'] ?? '');
    expect([...jobs].filter(([, of]) => of.join() !== 'glassgate')).toEqual([]);
    for (const name of [
      'glassgate.answers',
      'glassgate.stage.duration',
      'gen_ai.client.token.usage',
    ] as const) {
      expect(
        [...jobs.keys()].filter((stored) => isNameOf(name, stored ?? '')),
        name,
      ).toHaveLength(METRICS[name].kind === 'histogram' ? 3 : 1);
    }
  });

  it('makes metrics of spans once too, one series for all workers', async () => {
    const root = 'traces_span_metrics_calls_total{span_name="POST /v1/chat/completions"}';
    await waitUntil(
      'the metrics of spans',
      async () => sampleOf(await query(`sum(${root})`)) === REQUESTS,
      40_000,
    );
    expect(await query(root)).toHaveLength(1);
  });
});

/** `glassgate.answers` is stored as `glassgate_answers_total`, a histogram under three names. */
function isNameOf(name: string, stored: string): boolean {
  const base = name.replaceAll('.', '_');
  return new RegExp(`^${base}(_seconds)?(_total|_bucket|_sum|_count)$`).test(stored);
}
