/** The middle of some measurements and how far they are apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median, least and most of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = sort(values);
  return { median: percentile(sorted, 50), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** The value that `percent` of the values do not exceed, interpolated between neighbours; NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = sort(values);
  const position = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

function sort(values: readonly number[]): number[] {
  return [...values].sort((left, right) => left - right);
}
