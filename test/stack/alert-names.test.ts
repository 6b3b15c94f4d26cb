import { beforeAll, describe, expect, inject, it } from 'vitest';
import { metricsIn } from '../../grafana/source/query-syntax.ts';
import { scrapedName } from '../../grafana/source/metric-inventory.ts';
import { RELAY_METRICS } from '../../src/telemetry/relay-metrics.ts';
import { METRICS, type MetricDefinition } from '../../src/telemetry/vocabulary.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ALERT_RULES, RECORDING_RULES } from './alert-files.ts';

/** Beginnings of names whose exporters do not run here, and where the names come from instead. */
const ELSEWHERE = {
  node_: 'node_exporter, part of production only',
  probe_: 'blackbox_exporter, part of production only',
  tempo_: 'Tempo runs only where somebody has installed it; names from its 3.0.3 documentation',
  'vllm:': 'the real vLLM is a part of its own, and its names are checked there',
} as const;
/** Counters that their makers show only once they have counted; seen with real faults in the loss tests. */
const BORN_WITH_THE_FIRST_EVENT = [
  ...['spans', 'metric_points', 'log_records'].flatMap((signal) => [
    `otelcol_exporter_enqueue_failed_${signal}`,
    `otelcol_exporter_send_failed_${signal}`,
  ]),
  'loki_discarded_samples_total',
  // Seen growing in hostile-values.test.ts.
  'otelcol_processor_filter_spans_filtered',
  'otelcol_processor_filter_logs_filtered',
  'otelcol_processor_filter_datapoints_filtered',
];
const SUFFIXES = {
  counter: ['_total'],
  histogram: ['_bucket', '_sum', '_count'],
  gauge: [''],
  observed: [''],
  'up-down-counter': [''],
};
const read = [...ALERT_RULES, ...RECORDING_RULES].flatMap(({ expr }) => metricsIn(expr));
const wanted = [...new Set(read)].filter((name) => !name.startsWith('glassgate:') && name !== 'ALERTS');

/** How Prometheus names a declared metric that came by OTLP. */
function storedNames(name: string, { kind, unit }: MetricDefinition): string[] {
  const stem =
    name.replaceAll('.', '_') + ({ s: '_seconds', '1': kind === 'counter' ? '' : '_ratio' }[unit] ?? '');
  return SUFFIXES[kind].map((suffix) => stem + suffix);
}

const declared = new Set(
  Object.entries(METRICS as Readonly<Record<string, MetricDefinition>>).flatMap(([name, definition]) =>
    // What is scraped instead of sent has no unit in its name.
    Object.hasOwn(RELAY_METRICS, name) ? [scrapedName(name, definition)] : storedNames(name, definition),
  ),
);

async function getData<Data>(path: string): Promise<Data> {
  const response = await fetch(`${inject('sharedStack').urls.prometheus}/api/v1/${path}`);
  return ((await response.json()) as { data: Data }).data;
}

describe('the names in rules', () => {
  let live: ReadonlySet<string>;
  beforeAll(async () => {
    const names = async () => new Set(await getData<string[]>('label/__name__/values'));
    await waitUntil(
      'metrics of all',
      async () => {
        live = await names();
        return [
          'glassgate_answers_total',
          'loki_build_info',
          'alertmanager_build_info',
          'otelcol_receiver_refused_metric_points',
          'glassgate_relay_messages_total',
        ].every((name) => live.has(name));
      },
      60_000,
    );
  });

  it('are those of the running system, or it is said why they are not', () => {
    const excused = (name: string): boolean =>
      declared.has(name) ||
      BORN_WITH_THE_FIRST_EVENT.includes(name) ||
      Object.keys(ELSEWHERE).some((start) => name.startsWith(start));
    expect(wanted.filter((name) => !live.has(name) && !excused(name))).toEqual([]);
    // Enough are really there for this to mean something.
    expect(wanted.filter((name) => live.has(name)).length).toBeGreaterThan(20);
  });

  it('follow from the vocabulary in the way that Prometheus really takes', () => {
    const ours = [...live].filter((name) => /^(?:glassgate_|gen_ai_client_|http_server_)/.test(name));
    expect(ours.filter((name) => !declared.has(name))).toEqual([]);
    expect(ours.length).toBeGreaterThan(20);
  });

  it('have the labels that rules choose by', async () => {
    const labelsOf = async (name: string) =>
      new Set(
        (await getData<Record<string, string>[]>(`series?match[]=${encodeURIComponent(name)}`)).flatMap(
          (series) => Object.keys(series),
        ),
      );
    expect(await labelsOf('glassgate_answers_total')).toContain('glassgate_outcome');
    expect(await labelsOf('glassgate_stage_duration_seconds_count')).toContain('glassgate_stage_outcome');
    expect(await labelsOf('otelcol_exporter_queue_size')).toContain('exporter');
    expect(await labelsOf('glassgate_guardrail_verdicts_total')).toContain('glassgate_guardrail_action');
    expect(await labelsOf('alertmanager_notifications_failed_total')).toContain('integration');
    expect(await labelsOf('prometheus_rule_evaluation_failures_total')).toContain('rule_group');
  });

  it('find the bounds of what counts as slow', async () => {
    for (const series of [
      'http_server_request_duration_seconds_bucket{le=~"10(\\\\.0)?"}',
      'gen_ai_client_operation_time_to_first_chunk_seconds_bucket{le="2.56"}',
    ]) {
      expect(await getData<unknown[]>(`series?match[]=${encodeURIComponent(series)}`), series).not.toEqual(
        [],
      );
    }
  });

  it('are in rules that Prometheus evaluates without a fault', async () => {
    const { groups } = await getData<{
      groups: { rules: { name: string; health: string; lastError?: string }[] }[];
    }>('rules');
    const evaluated = groups.flatMap(({ rules }) => rules);
    expect(evaluated).toHaveLength(ALERT_RULES.length + RECORDING_RULES.length);
    expect(evaluated.filter(({ health }) => health === 'err')).toEqual([]);
  });
});
