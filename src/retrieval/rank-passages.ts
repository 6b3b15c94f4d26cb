import type { WeighedConcept } from './concept-index.ts';

/** A passage and how well it answers, 0 to 1. */
export interface RankedPassage {
  readonly key: number;
  readonly score: number;
}

/** Which passages are wanted. */
export interface RankOptions {
  readonly limit: number;
  /** Key of the passage at each place. */
  readonly keys: readonly number[];
}

/**
 * Ranks passages by bm25, but each concept counts once (`concept-index.ts`). The score is the share of the most that the
 * concepts could give together: 1 would be a passage that says every word of the question without end.
 */
export function rankPassages(
  concepts: readonly WeighedConcept[],
  { limit, keys }: RankOptions,
): RankedPassage[] {
  const most = concepts.reduce((sum, { weight }) => sum + weight, 0);
  // Arrays by the passages' places instead of maps by their keys: common words are in hundreds of passages.
  const totals = new Float64Array(keys.length);
  for (const { places, worths } of concepts) {
    for (let index = 0; index < places.length; index += 1) totals[places[index]!]! += worths[index]!;
  }
  return highest(totals, { limit, keys }).map(({ key, score }) => ({ key, score: score / most }));
}

/** The highest, equals in order of their keys. */
function highest(totals: Float64Array, { limit, keys }: RankOptions): RankedPassage[] {
  const found: RankedPassage[] = [];
  let least = 0;
  for (let place = 0; place < totals.length; place += 1) {
    const score = totals[place]!;
    if (score === 0 || score < least) continue;
    found.push({ key: keys[place]!, score });
    found.sort((left, right) => right.score - left.score || left.key - right.key);
    found.length = Math.min(found.length, limit);
    least = found.length === limit ? (found.at(-1)?.score ?? Infinity) : 0;
  }
  return found;
}
