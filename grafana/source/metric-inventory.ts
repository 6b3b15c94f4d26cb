import { readFileSync } from 'node:fs';
import { RELAY_METRICS } from '../../src/telemetry/relay-metrics.ts';
import { METRICS, type MetricDefinition } from '../../src/telemetry/vocabulary.ts';

const SUFFIXES_OF_UNITS: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/** Names that a metric of the gateway has in Prometheus after its way over OTLP. */
export function storedNames(name: string, { kind, unit }: MetricDefinition): string[] {
  const base = `${name.replaceAll('.', '_')}${SUFFIXES_OF_UNITS[unit] ?? ''}`;
  if (kind === 'histogram') return ['_bucket', '_sum', '_count'].map((part) => `${base}${part}`);
  if (kind === 'counter') return [`${base}_total`];
  return [unit === '1' ? `${base}_ratio` : base];
}

/** Names on the alert relay's own page, which Prometheus reads: units are not part of them. */
export function scrapedName(name: string, { kind }: MetricDefinition): string {
  return `${name.replaceAll('.', '_')}${kind === 'counter' ? '_total' : ''}`;
}

/** What the gateway's SDK and runtime tell of themselves. */
const RUNTIME = [
  'nodejs_eventloop_delay_p99_seconds',
  'otel_sdk_log_created_total',
  'otel_sdk_processor_span_processed_total',
  'otel_sdk_processor_span_queue_capacity',
  'otel_sdk_processor_span_queue_size',
  'v8js_memory_heap_used_bytes',
];
/** What the Collector makes of spans. */
const SPAN_METRICS = [
  'traces_span_metrics_calls_total',
  'traces_span_metrics_duration_seconds_bucket',
  'traces_span_metrics_duration_seconds_count',
  'traces_span_metrics_duration_seconds_sum',
];
const SIGNALS = ['spans', 'metric_points', 'log_records'];
const COLLECTOR = [
  'otelcol_exporter_queue_capacity',
  'otelcol_exporter_queue_size',
  'otelcol_process_memory_rss',
  ...SIGNALS.flatMap((signal) => [
    `otelcol_exporter_enqueue_failed_${signal}`,
    `otelcol_exporter_send_failed_${signal}`,
    `otelcol_exporter_sent_${signal}`,
    `otelcol_receiver_accepted_${signal}`,
    `otelcol_receiver_refused_${signal}`,
  ]),
];
/** Own pages of the stores. Those of Tempo were read from its sources, the others from running servers. */
const STORES = [
  'ALERTS',
  'alertmanager_notifications_failed_total',
  'loki_discarded_samples_total',
  'loki_distributor_lines_received_total',
  'loki_ingester_memory_streams',
  'loki_request_duration_seconds_count',
  'process_resident_memory_bytes',
  'prometheus_notifications_dropped_total',
  'prometheus_rule_evaluation_failures_total',
  'prometheus_tsdb_head_samples_appended_total',
  'prometheus_tsdb_head_series',
  'tempo_discarded_spans_total',
  'tempo_distributor_spans_received_total',
  'tempo_request_duration_seconds_count',
  'tempodb_blocklist_length',
  'up',
];

/** Names on the recorded page of a real vLLM. */
function vllmNames(): string[] {
  const page = readFileSync(new URL('__fixtures__/vllm-metrics.txt', import.meta.url), 'utf8');
  return [...page.matchAll(/^[a-z0-9_:]+(?=[ {])/gm)].map(([name]) => name);
}

/** Names that the recording rules make. */
function recordedNames(): string[] {
  const rules = readFileSync(new URL('../../prometheus/rules/objectives.yml', import.meta.url), 'utf8');
  return [...rules.matchAll(/record: (\S+)/g)].map((match) => match[1] ?? '');
}

/** Every metric name a dashboard may use. */
export const KNOWN_METRICS: ReadonlySet<string> = new Set([
  ...Object.entries(METRICS)
    .filter(([name]) => !Object.hasOwn(RELAY_METRICS, name))
    .flatMap(([name, definition]) => storedNames(name, definition)),
  ...Object.entries(RELAY_METRICS).map(([name, definition]) => scrapedName(name, definition)),
  ...RUNTIME,
  ...SPAN_METRICS,
  ...COLLECTOR,
  ...STORES,
  ...vllmNames(),
  ...recordedNames(),
]);
