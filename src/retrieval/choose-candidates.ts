import type { IndexedConcept, IndexedPhrase } from './phrase-index.ts';
import { ALTERNATIVE_SHARE, OTHER_LANGUAGE_SHARE } from './rank-candidates.ts';

/**
 * The first, rough choice: the passages that have most of the concepts by weight, however often and wherever.
 * Gives keys, best first; the close ranking reads only these.
 */
export function chooseCandidates(
  concepts: readonly IndexedConcept[],
  language: string,
  limit: number,
): number[] {
  const totals = new Map<number, number>();
  for (const concept of concepts) {
    for (const [key, weight] of bestWeights(concept, language))
      totals.set(key, (totals.get(key) ?? 0) + weight);
  }
  return [...totals]
    .sort(([leftKey, left], [rightKey, right]) => right - left || leftKey - rightKey)
    .slice(0, limit)
    .map(([key]) => key);
}

/** What a concept is worth in each passage that has it: by its own phrase or by its best alternative. */
function bestWeights({ own, alternatives }: IndexedConcept, language: string): Map<number, number> {
  const weights = new Map<number, number>();
  const add = ({ weight, hits }: IndexedPhrase, share: number): void => {
    for (const hit of hits) {
      const worth = weight * share * (hit.language === language ? 1 : OTHER_LANGUAGE_SHARE);
      if (worth > (weights.get(hit.key) ?? 0)) weights.set(hit.key, worth);
    }
  };
  add(own, 1);
  for (const alternative of alternatives)
    add(alternative, ALTERNATIVE_SHARE * Math.min(1, own.weight / alternative.weight));
  return weights;
}
