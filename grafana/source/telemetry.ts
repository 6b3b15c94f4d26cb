import { frame } from './dashboard-frame.ts';
import { bars, graph, number } from './panels.ts';
import { inRange, orNone, orZero, perSecond } from './promql.ts';
import { LOKI_PANELS, PROMETHEUS_PANELS, RELAY_PANELS, TEMPO_PANELS } from './stores.ts';
import { neutral, onlyZeroIsFine, worseAbove, worseBelow } from './thresholds.ts';

const SIGNALS = { spans: 'spans', metrics: 'metric_points', logs: 'log_records' } as const;
const FAILED_EXPORTS = { logs: '{service_name="glassgate"} |= "telemetry.failed"' };
const NOT_RECORDED = { logs: '{service_name="glassgate"} |= "answers.not_recorded"' };
const TRACES = 'exporter=~".*traces.*"';
const STORES = 'job=~"otelcol|prometheus|loki|tempo|alertmanager"';

/** One query per signal, by the name of the signal. */
function bySignal(query: (signal: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(SIGNALS).map(([name, signal]) => [name, query(signal)]));
}

/** Sum over the signals of what rose in the time range; a kind of loss that never happened has no series. */
function lostInRange(counter: (signal: string) => string): string {
  return Object.values(SIGNALS)
    .map((signal) => `(${orZero(inRange(counter(signal), ''))})`)
    .join(' + ');
}

const fine = [
  number({
    title: 'Spans lost in the gateway',
    description:
      'Spans that the gateway dropped before export in the time range, because its queue was full or nobody took them.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange('otel_sdk_processor_span_processed_total', 'error_type!=""')),
    explore: FAILED_EXPORTS,
  }),
  number({
    title: 'Log lines lost in the gateway',
    description:
      'Lines in the time range that standard output did not take; what goes over OTLP stands in the ledger below.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange('glassgate_log_dropped_total', '')),
  }),
  number({
    title: 'Refused by the Collector',
    description:
      'Spans, points and records that the Collector turned away in the time range; senders try again.',
    unit: 'short',
    thresholds: worseAbove(1, 1000),
    query: lostInRange((signal) => `otelcol_receiver_refused_${signal}`),
  }),
  number({
    title: 'Lost in the Collector',
    description: 'Items in the time range that a full queue did not take or a store refused for good.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: `${lostInRange((signal) => `otelcol_exporter_send_failed_${signal}`)} + ${lostInRange((signal) => `otelcol_exporter_enqueue_failed_${signal}`)}`,
  }),
  number({
    title: 'Fullest Collector queue',
    noValue: 'no data',
    description:
      'Share of the fullest sending queue that is in use; it fills while a store is away, and loses when full.',
    unit: 'percentunit',
    thresholds: worseAbove(0.3, 0.7),
    query: 'max(otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)',
  }),
  number({
    title: 'Discarded by Loki',
    description: 'Log lines that Loki refused in the time range, too long, too old or too many.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange('loki_discarded_samples_total', '')),
  }),
  number({
    title: 'Answers not recorded',
    description:
      'Answer records that were lost in the time range: feedback on these answers has nothing to stand beside.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange('glassgate_answers_not_recorded_total', '')),
    explore: NOT_RECORDED,
  }),
  number({
    title: 'Stores up',
    noValue: 'no data',
    description:
      'Share of Collector, Prometheus, Loki, Tempo and Alertmanager that Prometheus could read at its last look.',
    unit: 'percentunit',
    thresholds: worseBelow(0.99, 1),
    query: `avg(up{${STORES}})`,
  }),
];

const ledger = [
  bars({
    title: 'Ledger: requests',
    description:
      'Requests served and root spans that the Collector counted in the time range: the bars should be equal.',
    unit: 'short',
    queries: {
      'requests served': orZero(inRange('http_server_request_duration_seconds_count', '')),
      'root spans in the Collector': orZero(
        inRange('traces_span_metrics_calls_total', 'service_name="glassgate", span_kind="SPAN_KIND_SERVER"'),
      ),
    },
  }),
  bars({
    title: 'Ledger: spans',
    description:
      'Spans ended, exported, accepted by the Collector and sent to the trace store: equal, but for spans of vLLM from the third bar on.',
    unit: 'short',
    queries: {
      'ended in the gateway': orZero(inRange('otel_sdk_processor_span_processed_total', '')),
      'exported by the gateway': orZero(inRange('otel_sdk_processor_span_processed_total', 'error_type=""')),
      'accepted by the Collector': orZero(inRange('otelcol_receiver_accepted_spans', '')),
      'sent to the trace store': orZero(inRange('otelcol_exporter_sent_spans', TRACES)),
    },
  }),
  bars({
    title: 'Ledger: log records',
    description:
      'Records written, accepted by the Collector, sent, and stored by Loki in the time range: equal, or they were lost on the way.',
    unit: 'short',
    queries: {
      'written by the gateway': orZero(inRange('otel_sdk_log_created_total', '')),
      'accepted by the Collector': orZero(inRange('otelcol_receiver_accepted_log_records', '')),
      'sent to Loki': orZero(inRange('otelcol_exporter_sent_log_records', '')),
      'stored by Loki': orZero(inRange('loki_distributor_lines_received_total', '')),
    },
  }),
  bars({
    title: 'Ledger: answers',
    description: 'Answers and answer records written in the time range: equal; what was lost stands below.',
    unit: 'short',
    queries: {
      answers: orZero(inRange('glassgate_answers_total', '')),
      'records written': orZero(inRange('glassgate_answers_recorded_total', '')),
      'records lost': orZero(inRange('glassgate_answers_not_recorded_total', '')),
    },
    explore: NOT_RECORDED,
  }),
];

const gateway = [
  graph({
    title: 'Span queue of the gateway',
    description:
      'Spans that wait for export by process, and the room there is; it fills while the Collector is away.',
    unit: 'short',
    queries: {
      '{{instance}}': 'max by (instance) (otel_sdk_processor_span_queue_size)',
      capacity: 'min(otel_sdk_processor_span_queue_capacity)',
    },
  }),
  graph({
    title: 'Spans ended by result',
    description: 'Spans per second that left the queue of the gateway; any line with a reason is a loss.',
    unit: 'ops',
    queries: {
      exported: orZero(perSecond('otel_sdk_processor_span_processed_total', 'error_type=""')),
      'lost: {{error_type}}': orNone(
        perSecond('otel_sdk_processor_span_processed_total', 'error_type!=""', ['error_type']),
        'error_type',
      ),
    },
    explore: FAILED_EXPORTS,
  }),
  graph({
    title: 'Answer records waiting',
    description:
      'Records that wait to be written, by process; a rise means a locked database or a full disk.',
    unit: 'short',
    queries: { '{{instance}}': 'max by (instance) (glassgate_answers_queued)' },
    explore: NOT_RECORDED,
  }),
];

const collectorFlow = [
  graph({
    title: 'Accepted by the Collector',
    description: 'Spans, metric points and log records taken in per second.',
    unit: 'ops',
    queries: bySignal((signal) => orZero(perSecond(`otelcol_receiver_accepted_${signal}`, ''))),
  }),
  graph({
    title: 'Refused by the Collector',
    description: 'Items turned away per second, because memory was short or they were malformed.',
    unit: 'ops',
    queries: bySignal((signal) => orZero(perSecond(`otelcol_receiver_refused_${signal}`, ''))),
  }),
  graph({
    title: 'Sent by the Collector',
    description: 'Items that a store acknowledged, per second.',
    unit: 'ops',
    queries: bySignal((signal) => orZero(perSecond(`otelcol_exporter_sent_${signal}`, ''))),
  }),
  graph({
    title: 'Lost in the Collector',
    description: 'Items per second that a store refused for good or a full queue did not take.',
    unit: 'ops',
    queries: bySignal(
      (signal) =>
        `(${orZero(perSecond(`otelcol_exporter_send_failed_${signal}`, ''))}) + (${orZero(perSecond(`otelcol_exporter_enqueue_failed_${signal}`, ''))})`,
    ),
  }),
];

const collectorState = [
  graph({
    title: 'Sending queues',
    description:
      'Bytes that wait on disk for each store; a queue that only grows belongs to a store that is away.',
    unit: 'bytes',
    queries: { '{{exporter}}': 'max by (exporter) (otelcol_exporter_queue_size)' },
  }),
  graph({
    title: 'Queues in use',
    description: 'Share of each sending queue that is full; above 70 % somebody is told.',
    unit: 'percentunit',
    thresholds: worseAbove(0.3, 0.7),
    queries: {
      '{{exporter}}': 'max by (exporter) (otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)',
    },
  }),
  graph({
    title: 'Memory of the processes',
    description: 'Resident memory of the Collector and the stores.',
    unit: 'bytes',
    thresholds: neutral(),
    queries: {
      '{{job}}': `max by (job) (process_resident_memory_bytes{${STORES}})`,
      Collector: 'max(otelcol_process_memory_rss)',
    },
  }),
];

/** Whether what is measured also arrives: the loss ledger, the Collector and the stores. */
export const telemetry = frame({
  uid: 'glassgate-telemetry',
  title: 'Glassgate: Telemetry health',
  description:
    'Whether what is measured also arrives: the loss ledger, the Collector, Prometheus, Loki and Tempo.',
  from: 'now-1h',
  variables: [],
  sections: [
    { title: 'Is anything lost?', lines: [fine] },
    { title: 'Loss ledger', lines: [ledger] },
    { title: 'Gateway', lines: [gateway] },
    { title: 'Collector', lines: [collectorFlow, collectorState] },
    { title: 'Prometheus and Alertmanager', lines: [PROMETHEUS_PANELS] },
    { title: 'Alert relay', lines: [RELAY_PANELS] },
    { title: 'Loki', lines: [LOKI_PANELS] },
    { title: 'Tempo', lines: [TEMPO_PANELS] },
  ],
});
