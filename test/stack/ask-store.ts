/** One series or stream of an answer: its labels and how many numbers or lines it has. */
export interface Found {
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
}

interface Reply {
  readonly data?: { readonly result?: readonly Series[] };
}

interface Series {
  readonly metric?: Readonly<Record<string, string>>;
  readonly stream?: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number | string, string])[];
}

/** The stretch of time that a panel shows, ending now. */
const RANGE_S = 900;
const STEP_S = 15;

/** What Prometheus has for an expression, NaN left out; fails with its complaint about a bad one. */
export async function askPrometheus(url: string, expression: string, instant: boolean): Promise<Found[]> {
  const end = Date.now() / 1000;
  const range = { start: String(end - RANGE_S), end: String(end), step: String(STEP_S) };
  const path = instant ? 'query' : 'query_range';
  const series = await ask(`${url}/api/v1/${path}`, { query: expression, ...(instant ? {} : range) });
  return series.map(({ metric = {}, value, values = [] }) => {
    const numbers = value === undefined ? values : [value];
    return { labels: metric, count: numbers.filter(([, text]) => Number.isFinite(Number(text))).length };
  });
}

/** What Loki has for a LogQL expression. */
export async function askLoki(url: string, expression: string): Promise<Found[]> {
  const end = Date.now() * 1e6;
  const range = { start: String(end - RANGE_S * 1e9), end: String(end), step: String(STEP_S), limit: '20' };
  const streams = await ask(`${url}/loki/api/v1/query_range`, { query: expression, ...range });
  return streams.map(({ metric, stream, values = [] }) => ({
    labels: metric ?? stream ?? {},
    count: values.length,
  }));
}

/** What Tempo finds for a TraceQL expression. Without a range it would look at what came last and no further. */
export async function askTempo(url: string, expression: string): Promise<Found[]> {
  const end = Math.ceil(Date.now() / 1000);
  const range = { start: String(end - RANGE_S), end: String(end) };
  const found = await getJson(`${url}/api/search`, { q: expression, ...range });
  const { traces = [] } = found as { traces?: object[] };
  return traces.map(() => ({ labels: {}, count: 1 }));
}

/** Trace ids of the exemplars that Grafana would draw with an expression. */
export async function exemplarsOf(url: string, expression: string): Promise<string[]> {
  const end = Date.now() / 1000;
  const range = { start: String(end - RANGE_S), end: String(end) };
  const reply = await getJson(`${url}/api/v1/query_exemplars`, { query: expression, ...range });
  const series = (reply as { data: { exemplars: { labels: Record<string, string> }[] }[] }).data;
  return series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id'] ?? ''));
}

/** Values of a label on the series of a metric. */
export async function labelValues(url: string, metric: string, label: string): Promise<string[]> {
  const reply = await getJson(`${url}/api/v1/label/${label}/values`, { 'match[]': metric });
  return (reply as { data: string[] }).data;
}

async function ask(url: string, parameters: Record<string, string>): Promise<readonly Series[]> {
  return ((await getJson(url, parameters)) as Reply).data?.result ?? [];
}

async function getJson(url: string, parameters: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${url}?${new URLSearchParams(parameters).toString()}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`${Object.values(parameters)[0]}: ${text}`);
  return JSON.parse(text);
}
