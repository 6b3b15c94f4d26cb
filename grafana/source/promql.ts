/** Labels of the chat route, of the gateway processes that are chosen. */
export const CHAT_ROUTE = 'http_route="/v1/chat/completions", instance=~"$instance"';
/** Labels of what is counted by model, of the models and gateway processes that are chosen. */
export const BY_MODEL = 'gen_ai_request_model=~"$model", instance=~"$instance"';
/** Labels of what is counted by gateway process alone. */
export const BY_INSTANCE = 'instance=~"$instance"';

/** A counter that never moved has no series: this makes it 0, so that "nothing happened" can be told from "no data". */
export function orZero(expression: string): string {
  return `(${expression}) or on() vector(0)`;
}

/** The same for series told apart by a label: one line named `none` stands at 0 while there is no other. */
export function orNone(expression: string, label: string): string {
  return `(${expression}) or on() label_replace(vector(0), "${label}", "none", "", "")`;
}

/** Part of a whole; empty while nothing happens, because 0 of 0 is neither good nor bad. */
export function share(part: string, whole: string): string {
  return `(${orZero(part)}) / (${whole} > 0)`;
}

/** The same for each value of the labels by which both sides are grouped; 0 where there is a whole and no part. */
export function shareOfEach(part: string, whole: string): string {
  return `((${part}) or (${whole}) * 0) / (${whole} > 0)`;
}

/** Quantile of a histogram over the panel's interval, for each value of the `by` labels; empty while nothing happens. */
export function quantile(
  rank: number,
  histogram: string,
  labels: string,
  by: readonly string[] = [],
): string {
  const rate = `rate(${selector(`${histogram}_bucket`, labels)}[$__rate_interval])`;
  // Without traffic the quantile is NaN, which no comparison lets through.
  return `histogram_quantile(${rank}, ${sumBy(['le', ...by])}(${rate})) >= 0`;
}

/** Mean of a histogram over the panel's interval, for each value of the `by` labels. */
export function mean(histogram: string, labels: string, by: readonly string[] = []): string {
  const count = perSecond(`${histogram}_count`, labels, by);
  return `${perSecond(`${histogram}_sum`, labels, by)} / (${count} > 0)`;
}

/** Rate of a counter per second, for each value of the `by` labels. */
export function perSecond(counter: string, labels: string, by: readonly string[] = []): string {
  return `${sumBy(by)}(rate(${selector(counter, labels)}[$__rate_interval]))`;
}

/** How much a counter rose in the time range that is shown, for each value of the `by` labels. */
export function inRange(counter: string, labels: string, by: readonly string[] = []): string {
  return `${sumBy(by)}(increase(${selector(counter, labels)}[$__range]))`;
}

function selector(metric: string, labels: string): string {
  return labels === '' ? metric : `${metric}{${labels}}`;
}

function sumBy(labels: readonly string[]): string {
  return labels.length === 0 ? 'sum' : `sum by (${labels.join(', ')}) `;
}
