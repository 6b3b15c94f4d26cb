import type { Target, TargetId } from '../targets/target.ts';

/** What each target gave in each round. */
export type Rounds<Value> = ReadonlyMap<TargetId, readonly Value[]>;

/**
 * Measures all targets in turn, round after round, each round beginning with another one: what the machine does
 * meanwhile falls on all of them.
 */
export async function interleave<Value>(
  targets: readonly Target[],
  rounds: number,
  measure: (target: Target) => Promise<Value>,
): Promise<Rounds<Value>> {
  const results = new Map<TargetId, Value[]>(targets.map(({ id }) => [id, []]));
  for (let round = 0; round < rounds; round += 1) {
    const first = round % targets.length;
    for (const target of [...targets.slice(first), ...targets.slice(0, first)]) {
      results.get(target.id)?.push(await measure(target));
    }
  }
  return results;
}
