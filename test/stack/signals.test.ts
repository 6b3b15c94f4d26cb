import { afterAll, describe, expect, inject, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { getJson, queryExemplars, queryJaeger, queryLoki, queryPrometheus } from './query-stores.ts';

// Which signal is in which store: the whole promise of the stack on one page, printed at the end.

const { urls } = inject('sharedStack');
const WAIT_MS = 60_000;
/** What Prometheus holds of everything that runs here, under steady use. */
const SERIES_LIMIT = 5000;

/** A signal, where it is to be found, and a look at how much of it is there. */
interface Signal {
  readonly signal: string;
  readonly store: string;
  readonly count: () => Promise<number>;
}

const inPrometheus = (signal: string, expression: string): Signal => ({
  signal,
  store: 'Prometheus',
  count: async () => (await queryPrometheus(urls.prometheus, expression)).length,
});
const inLoki = (signal: string, expression: string): Signal => ({
  signal,
  store: 'Loki',
  count: async () => (await queryLoki(urls.loki, expression)).length,
});

const SIGNALS: readonly Signal[] = [
  { signal: 'traces of requests, found by the id of a log line', store: 'trace store', count: countSpans },
  inPrometheus('metrics of the gateway, by OTLP', 'glassgate_answers_total'),
  inPrometheus('GenAI metrics', 'gen_ai_client_operation_duration_seconds_count'),
  inPrometheus('metrics of the SDK: what was sent and dropped', 'otel_sdk_processor_span_processed_total'),
  inPrometheus('metrics of spans', 'traces_span_metrics_calls_total'),
  {
    signal: 'exemplars: from a metric to a trace',
    store: 'Prometheus',
    count: async () =>
      (await queryExemplars(urls.prometheus, 'traces_span_metrics_duration_seconds_bucket')).length,
  },
  inPrometheus('health of the gateway, by scrape', 'up{job="glassgate-scrape"} == 1'),
  inPrometheus('health of the Collector', 'otelcol_receiver_accepted_spans'),
  inPrometheus('health of the stores', 'up{job=~"prometheus|loki|alertmanager"} == 1'),
  inPrometheus('health of the alert relay', 'up{job="alert-relay"} == 1'),
  inPrometheus('objectives', 'glassgate:availability:error_ratio_5m'),
  inLoki('log lines of requests', '{service_name="glassgate"} |= "request.completed"'),
  inLoki('blocked questions', '{service_name="glassgate"} |= "guardrail.blocked"'),
  inLoki('thumbs, in the trace of their answer', '{service_name="glassgate"} |= "gen_ai.evaluation.result"'),
  {
    signal: 'the alert that always fires',
    store: 'Alertmanager',
    count: async () =>
      (await getJson<unknown[]>(`${urls.alertmanager}/api/v2/alerts?filter=alertname%3DWatchdog`)).length,
  },
];

const found: { signal: string; store: string; found: number }[] = [];
afterAll(() => {
  console.table(found);
});

describe('every signal is in its store', () => {
  it.each(SIGNALS)('$signal: $store', async ({ signal, store, count }) => {
    const seen = await waitUntil(signal, async () => (await count()) || undefined, WAIT_MS);
    found.push({ signal, store, found: seen });
    expect(seen).toBeGreaterThan(0);
  });
});

describe('the number of series', () => {
  it(`stays below ${SERIES_LIMIT}`, async () => {
    const { data } = await getJson<{ data: { headStats: { numSeries: number } } }>(
      `${urls.prometheus}/api/v1/status/tsdb`,
    );
    found.push({ signal: 'series', store: 'Prometheus', found: data.headStats.numSeries });
    expect(data.headStats.numSeries).toBeLessThan(SERIES_LIMIT);
  });
});

/** Spans of the trace that the newest finished request left. */
async function countSpans(): Promise<number> {
  const lines = await queryLoki(urls.loki, '{service_name="glassgate"} |= "request.completed"');
  const traceId = lines.find(({ labels }) => labels['trace_id'] !== undefined)?.labels['trace_id'];
  return traceId === undefined ? 0 : (await queryJaeger(urls.traces, traceId)).length;
}
