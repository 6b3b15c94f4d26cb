/**
 * Tests of the whole way from a fault to a message cannot wait five minutes and more. These two functions are the one
 * change they make to the very files of production; that the real times hold is shown by promtool on the files as they are.
 */
const [WAITS, RANGES, INTERVALS] = [20, 10, 3];

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = String.raw`(?:\d+(?:ms|[smhdw]))+`;

/** Rules and settings of Prometheus: `for` a 20th, ranges and offsets a 10th, scraping and evaluation three times as often. */
export function shortenPrometheusTiming(text: string): string {
  return text
    .replace(keyed('for|keep_firing_for'), divideBy(WAITS))
    .replace(keyed('interval|scrape_interval|scrape_timeout|evaluation_interval'), divideBy(INTERVALS))
    .replace(new RegExp(String.raw`(\[|\boffset )(${DURATION})(?=[\]: )\n])`, 'g'), divideBy(RANGES));
}

/** Alertmanager: a 20th of every waiting time between an alert and its message. */
export function shortenAlertmanagerTiming(text: string): string {
  return text.replace(keyed('group_wait|group_interval|repeat_interval|resolve_timeout'), divideBy(WAITS));
}

function keyed(names: string): RegExp {
  return new RegExp(String.raw`^([ -]*(?:${names}): *['"]?)(${DURATION})(?=['"]? *(?:#.*)?$)`, 'gm');
}

function divideBy(factor: number): (whole: string, before: string, duration: string) => string {
  return (_, before, duration) => `${before}${format(Math.round(parse(duration) / factor))}`;
}

function parse(duration: string): number {
  return [...duration.matchAll(/(\d+)(ms|[smhdw])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS],
    0,
  );
}

function format(durationMs: number): string {
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}
