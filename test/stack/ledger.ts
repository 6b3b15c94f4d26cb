import type { StackUrls } from '../../stack/start-stack.ts';
import { parsePrometheus } from '../support/parse-prometheus.ts';
import { getJson, queryLoki, queryPrometheus, sampleOf } from './query-stores.ts';

/** What the gateway says of itself on `/metrics`, all processes together, since it was started. */
export interface GatewayLedger {
  /** Chat requests that reached the path. */
  readonly answers: number;
  /** Records in SQLite. */
  readonly recorded: number;
  /** Spans whose fate is known, and those of them that were dropped. */
  readonly spans: number;
  readonly spansLost: number;
  /** Spans that still wait. */
  readonly spansQueued: number;
  /** The same of log lines. */
  readonly logs: number;
  readonly logsLost: number;
  readonly logsQueued: number;
}

/** Spans of one request of the load: server, five steps of the path, and the model call. */
export const SPANS_PER_REQUEST = 7;

/** Reads the gateway's side of the ledger. */
export function readLedger(metrics: string): GatewayLedger {
  const samples = [...parsePrometheus(metrics).values()].flatMap((family) => family.samples);
  const sum = (name: string, lostOnly = false) =>
    samples
      .filter((sample) => sample.name === name && (!lostOnly || sample.labels.has('error_type')))
      .reduce((total, { value }) => total + value, 0);
  return {
    answers: sum('glassgate_answers_total'),
    recorded: sum('glassgate_answers_recorded_total'),
    spans: sum('otel_sdk_processor_span_processed_total'),
    spansLost: sum('otel_sdk_processor_span_processed_total', true),
    spansQueued: sum('otel_sdk_processor_span_queue_size'),
    logs: sum('otel_sdk_processor_log_processed_total'),
    logsLost: sum('otel_sdk_processor_log_processed_total', true),
    logsQueued: sum('otel_sdk_processor_log_queue_size'),
  };
}

/** Ids of the spans that the trace store has of these traces; each span once, however often it was sent. */
export async function storedSpans(
  urls: StackUrls,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const stored = new Map<string, ReadonlySet<string>>();
  for (let from = 0; from < traceIds.length; from += TRACES_AT_ONCE) {
    const wanted = traceIds.slice(from, from + TRACES_AT_ONCE).map((id) => `traceID=${id}`);
    // What it does not have it leaves out, and says so beside the others.
    const { data } = await getJson<{ data: JaegerTraces }>(`${urls.traces}/api/traces?${wanted.join('&')}`);
    for (const { traceID, spans } of data ?? []) {
      stored.set(traceID, new Set(spans.map(({ spanID }) => spanID)));
    }
  }
  return stored;
}

type JaegerTraces = readonly { traceID: string; spans: readonly { spanID: string }[] }[] | null;
const TRACES_AT_ONCE = 50;

/** Trace ids of the chat requests that Loki has the closing line of. */
export async function storedLogTraces(urls: StackUrls, fromMs: number): Promise<ReadonlySet<string>> {
  const traces = new Set<string>();
  const sliceMs = 20_000;
  for (let from = fromMs; from < Date.now() + sliceMs; from += sliceMs) {
    const lines = await queryLoki(urls.loki, '{service_name="glassgate"} |= "request.completed"', {
      fromMs: from,
      toMs: from + sliceMs,
    });
    for (const { labels } of lines) if (labels['trace_id'] !== undefined) traces.add(labels['trace_id']);
  }
  return traces;
}

/** Answers as Prometheus counts them; 0 when it has none. */
export async function storedAnswers(urls: StackUrls): Promise<number> {
  return sampleOf(await queryPrometheus(urls.prometheus, 'sum(glassgate_answers_total)')) ?? 0;
}
