const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** A child that lived this long has recovered: its next death counts as the first again. */
export const HEALTHY_MS = 30_000;

/** Pause before the next start after so many deaths in a row: none after the first, then 0.1 s doubling up to 5 s. */
export function restartDelayMs(deathsInARow: number): number {
  if (deathsInARow <= 1) return 0;
  return Math.min(FIRST_DELAY_MS * 2 ** (deathsInARow - 2), LONGEST_DELAY_MS);
}
