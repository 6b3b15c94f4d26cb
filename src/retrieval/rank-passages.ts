import type { IndexedConcept, IndexedPhrase } from './phrase-index.ts';

/** A passage and how well it answers, 0 to 1. */
export interface RankedPassage {
  readonly key: number;
  readonly score: number;
}

/** Which passages are wanted. */
export interface RankOptions {
  /** That of the question. */
  readonly language: string;
  readonly limit: number;
}

/** Another word for it is a guess at what was meant. */
const ALTERNATIVE_SHARE = 0.8;
/** A page in the language of the question comes before its translation. */
const OTHER_LANGUAGE_SHARE = 0.5;

/**
 * Ranks passages by bm25, but each concept counts once: by the question's own word or by the best other word for it,
 * never by the sum of all. The score is the share of the most that the concepts could give together: 1 would be a
 * passage that says every word of the question without end.
 */
export function rankPassages(
  concepts: readonly IndexedConcept[],
  { language, limit }: RankOptions,
): RankedPassage[] {
  const most = concepts.reduce((sum, { own }) => sum + own.weight, 0);
  const totals = new Map<number, number>();
  for (const concept of concepts) {
    for (const [key, worth] of bestOf(concept, language)) totals.set(key, (totals.get(key) ?? 0) + worth);
  }
  return [...totals]
    .sort(([leftKey, left], [rightKey, right]) => right - left || leftKey - rightKey)
    .slice(0, limit)
    .map(([key, total]) => ({ key, score: total / most }));
}

/** What a concept is worth in each passage that has it; another word never counts for more than what was said could. */
function bestOf({ own, alternatives }: IndexedConcept, language: string): ReadonlyMap<number, number> {
  const best = new Map<number, number>();
  const add = ({ weight, hits }: IndexedPhrase, share: number): void => {
    for (const hit of hits) {
      const spoken = hit.language === language ? 1 : OTHER_LANGUAGE_SHARE;
      const worth = share * spoken * Math.min(own.weight, weight * hit.share);
      if (worth > (best.get(hit.key) ?? 0)) best.set(hit.key, worth);
    }
  };
  add(own, 1);
  for (const alternative of alternatives) add(alternative, ALTERNATIVE_SHARE);
  return best;
}
