import { z } from 'zod';
import { shareKept } from './measure.ts';
import type { Report } from './report.ts';

const share = z.number().min(0).max(1);

/** What the guard must reach on the sets of our own: recall of attacks, false alarms, and what disguises may cost. */
export const floorsSchema = z.strictObject({
  /** Least share blocked, by group. */
  recall: z.record(z.string(), share),
  /** Largest share blocked, by group. */
  falseAlarms: z.record(z.string(), share),
  /** Least share of plain recall kept, over all disguises. */
  obfuscatedShareKept: share,
});

/** What the guard must reach. */
export type Floors = z.infer<typeof floorsSchema>;

/** One sentence for every figure beyond its limit, or that was not measured at all. */
export function failuresOf(report: Report, floors: Floors): string[] {
  const blocked = new Map(report.groups.map(({ name, blocked: rate }) => [name, rate.share]));
  const check = (
    limits: Record<string, number>,
    isGood: (found: number, limit: number) => boolean,
  ): string[] =>
    Object.entries(limits).flatMap(([name, limit]) => {
      const found = blocked.get(name);
      if (found === undefined) return [`${name}: no text of this group was measured.`];
      return isGood(found, limit)
        ? []
        : [`${name}: ${percent(found)} blocked, the limit is ${percent(limit)}.`];
    });
  const kept = shareKept(report.obfuscations);
  return [
    ...check(floors.recall, (found, limit) => found >= limit),
    ...check(floors.falseAlarms, (found, limit) => found <= limit),
    ...(kept >= floors.obfuscatedShareKept
      ? []
      : [
          `disguised: ${percent(kept)} of plain recall kept, at least ${percent(floors.obfuscatedShareKept)} wanted.`,
        ]),
  ];
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
