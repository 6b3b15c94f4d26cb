/** A share of a number of trials with the range it is in with 95 % confidence. */
export interface Rate {
  readonly count: number;
  readonly total: number;
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.959964;

/** The share with its Wilson interval, which stays inside 0 and 1 for few trials, too. */
export function rateOf(count: number, total: number): Rate {
  if (total === 0) return { count: 0, total: 0, share: 0, low: 0, high: 1 };
  const share = count / total;
  const square = (Z * Z) / total;
  const centre = (share + square / 2) / (1 + square);
  const spread = (Z / (1 + square)) * Math.sqrt((share * (1 - share)) / total + square / (4 * total));
  return { count, total, share, low: Math.max(0, centre - spread), high: Math.min(1, centre + spread) };
}
