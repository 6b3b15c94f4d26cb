import { graph } from './panels.ts';
import { orNone, orZero, perSecond } from './promql.ts';
import { onlyZeroIsFine, worseAbove } from './thresholds.ts';

const RELAY_LOGS = { logs: '{service_name="glassgate-alert-relay"}' };

/** Prometheus and Alertmanager: what they hold and whether their work is done. */
export const PROMETHEUS_PANELS = [
  graph({
    title: 'Prometheus: series',
    description: 'Series in memory; a steep rise means that a label got values without end.',
    unit: 'short',
    thresholds: worseAbove(20_000, 100_000),
    queries: { series: 'max(prometheus_tsdb_head_series)' },
  }),
  graph({
    title: 'Prometheus: samples per second',
    description: 'Samples stored per second; zero means that nothing arrives any more.',
    unit: 'ops',
    queries: { samples: perSecond('prometheus_tsdb_head_samples_appended_total', '') },
  }),
  graph({
    title: 'Prometheus: rules and notifications',
    description:
      'Failures per second of rules and of messages to Alertmanager, and of Alertmanager to people.',
    unit: 'ops',
    thresholds: worseAbove(0.001, 0.01),
    queries: {
      'rules failed': orZero(perSecond('prometheus_rule_evaluation_failures_total', '')),
      'notifications dropped': orZero(perSecond('prometheus_notifications_dropped_total', '')),
      'messages failed': orZero(perSecond('alertmanager_notifications_failed_total', '')),
    },
  }),
  graph({
    title: 'Targets that cannot be read',
    description: 'Targets of Prometheus that did not answer at the last look, by job.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    queries: { '{{job}}': 'sum by (job) (up == bool 0)' },
  }),
];

/** Names as the relay's own page has them, which Prometheus reads: without units. */
export const RELAY_PANELS = [
  graph({
    title: 'Alert relay: messages',
    description:
      'Messages to DingTalk per second by what its reply said; all but sent are tried again or given up.',
    unit: 'ops',
    queries: {
      '{{glassgate_relay_outcome}}': orNone(
        perSecond('glassgate_relay_messages_total', '', ['glassgate_relay_outcome']),
        'glassgate_relay_outcome',
      ),
    },
    explore: RELAY_LOGS,
  }),
  graph({
    title: 'Alert relay: webhooks',
    description:
      'Webhooks of Alertmanager per second by what became of them; unauthorized means that the two tokens differ.',
    unit: 'ops',
    queries: {
      '{{glassgate_relay_webhook}}': orNone(
        perSecond('glassgate_relay_webhooks_total', '', ['glassgate_relay_webhook']),
        'glassgate_relay_webhook',
      ),
      'given up: {{glassgate_reason}}': orNone(
        perSecond('glassgate_relay_dropped_total', '', ['glassgate_reason']),
        'glassgate_reason',
      ),
    },
    explore: RELAY_LOGS,
  }),
  graph({
    title: 'Alert relay: queue',
    description:
      'Webhooks that wait on disk to be sent; a queue that only grows means that DingTalk takes nothing.',
    unit: 'short',
    queries: { waiting: 'max(glassgate_relay_queued)' },
    explore: RELAY_LOGS,
  }),
  graph({
    title: 'Alert relay: oldest',
    description: 'Age of the webhook that has waited longest; above five minutes somebody is told by mail.',
    unit: 's',
    thresholds: worseAbove(60, 300),
    queries: { oldest: 'max(glassgate_relay_oldest_age)' },
    explore: RELAY_LOGS,
  }),
];

/** Loki: what comes in, what it refuses. */
export const LOKI_PANELS = [
  graph({
    title: 'Loki: lines per second',
    description: 'Log lines that Loki took in per second, of all processes.',
    unit: 'ops',
    queries: { lines: perSecond('loki_distributor_lines_received_total', '') },
  }),
  graph({
    title: 'Loki: discarded lines',
    description: 'Lines refused per second by reason.',
    unit: 'ops',
    thresholds: worseAbove(0.001, 1),
    queries: { '{{reason}}': orNone(perSecond('loki_discarded_samples_total', '', ['reason']), 'reason') },
  }),
  graph({
    title: 'Loki: streams',
    description: 'Streams in memory; more than a few dozen means that an id became a label.',
    unit: 'short',
    thresholds: worseAbove(50, 500),
    queries: { streams: 'sum(loki_ingester_memory_streams)' },
  }),
  graph({
    title: 'Loki: failed requests',
    description: 'Requests per second that Loki answered with 5xx.',
    unit: 'reqps',
    thresholds: worseAbove(0.01, 1),
    queries: { failed: orZero(perSecond('loki_request_duration_seconds_count', 'status_code=~"5.."')) },
  }),
];

/** Tempo: what comes in, what it refuses. */
export const TEMPO_PANELS = [
  graph({
    title: 'Tempo: spans per second',
    description: 'Spans that Tempo took in per second: as many as the Collector sent.',
    unit: 'ops',
    queries: { spans: perSecond('tempo_distributor_spans_received_total', '') },
  }),
  graph({
    title: 'Tempo: discarded spans',
    description: 'Spans refused per second by reason.',
    unit: 'ops',
    thresholds: worseAbove(0.001, 1),
    queries: { '{{reason}}': orNone(perSecond('tempo_discarded_spans_total', '', ['reason']), 'reason') },
  }),
  graph({
    title: 'Tempo: blocks',
    description:
      'Blocks in the store; a number that only rises means that compaction or retention stands still.',
    unit: 'short',
    queries: { blocks: orZero('sum(tempodb_blocklist_length)') },
  }),
  graph({
    title: 'Tempo: failed requests',
    description: 'Requests per second that Tempo answered with 5xx.',
    unit: 'reqps',
    thresholds: worseAbove(0.01, 1),
    queries: { failed: orZero(perSecond('tempo_request_duration_seconds_count', 'status_code=~"5.."')) },
  }),
];
