/** The shortest and the longest pause. */
export interface RetryLimits {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Pause before the next try: doubles with each failure, up to a limit, half of it by chance so that relays do not march in step. */
export function retryDelay(
  failures: number,
  { minMs, maxMs }: RetryLimits,
  random: () => number = Math.random,
): number {
  const full = Math.min(minMs * 2 ** Math.min(failures - 1, 30), Math.max(minMs, maxMs));
  return Math.round(full * (0.5 + random() / 2));
}
