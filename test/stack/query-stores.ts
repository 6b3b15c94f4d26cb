/** One series of an instant query. */
export interface InstantSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

/** An exemplar and the series it hangs on. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
}

/** A log line with the labels and the structured metadata it has, as Loki gives them together. */
export interface LogLine {
  readonly labels: Readonly<Record<string, string>>;
  readonly line: string;
}

/** A span as the trace store has it. */
export interface StoredSpan {
  readonly name: string;
  readonly service: string;
  readonly tags: Readonly<Record<string, unknown>>;
}

const HOUR_MS = 3_600_000;

/** Asks Prometheus now. */
export async function queryPrometheus(url: string, expression: string): Promise<readonly InstantSample[]> {
  const { data } = await getJson<{ data: { result: InstantSample[] } }>(
    `${url}/api/v1/query?query=${encodeURIComponent(expression)}`,
  );
  return data.result;
}

/** The number of the one sample of an answer; `undefined` when there is none. */
export function sampleOf(samples: readonly InstantSample[]): number | undefined {
  return samples[0] === undefined ? undefined : Number(samples[0].value[1]);
}

/** Exemplars of the last hour. */
export async function queryExemplars(url: string, expression: string): Promise<readonly Exemplar[]> {
  const now = Date.now();
  const range = `start=${(now - HOUR_MS) / 1000}&end=${(now + HOUR_MS) / 1000}`;
  const { data } = await getJson<{ data: { exemplars: Exemplar[] }[] }>(
    `${url}/api/v1/query_exemplars?query=${encodeURIComponent(expression)}&${range}`,
  );
  return data.flatMap(({ exemplars }) => exemplars);
}

/** Log lines between two times, the last hour when none are given. */
export async function queryLoki(
  url: string,
  expression: string,
  range: { readonly fromMs: number; readonly toMs: number } = {
    fromMs: Date.now() - HOUR_MS,
    toMs: Date.now() + 60_000,
  },
): Promise<readonly LogLine[]> {
  const times = `start=${Math.round(range.fromMs)}000000&end=${Math.round(range.toMs)}000000`;
  const { data } = await getJson<{
    data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
  }>(`${url}/loki/api/v1/query_range?query=${encodeURIComponent(expression)}&limit=1000&${times}`);
  return data.result.flatMap(({ stream, values }) => values.map(([, line]) => ({ labels: stream, line })));
}

/** All spans of a trace in Jaeger; none when it is not there. */
export async function queryJaeger(url: string, traceId: string): Promise<readonly StoredSpan[]> {
  const response = await fetch(`${url}/api/traces/${traceId}`);
  if (response.status === 404) return [];
  const { data } = (await response.json()) as { data: JaegerTrace[] | null };
  return (data ?? []).flatMap(({ spans, processes }) =>
    spans.map(({ operationName, processID, tags }) => ({
      name: operationName,
      service: processes[processID]?.serviceName ?? '',
      tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    })),
  );
}

interface JaegerTrace {
  readonly spans: readonly {
    readonly operationName: string;
    readonly processID: string;
    readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  }[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

/** A reply that is no success is an error with its text, not an empty result. */
export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} from ${url}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}
