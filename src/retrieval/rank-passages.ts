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
  const scores = new ScoreBoard(concepts);
  for (const concept of concepts) scores.addConcept(concept, language);
  return scores.best(limit).map(({ key, score }) => ({ key, score: score / most }));
}

/**
 * Adds up what each passage is worth. Arrays by the passages' places instead of maps by their keys: common words are
 * in hundreds of passages, and this loop was a third of a search.
 */
class ScoreBoard {
  readonly #totals: Float64Array;
  /** Of the concept at hand. */
  readonly #best: Float64Array;
  readonly #keys: Float64Array;

  constructor(concepts: readonly IndexedConcept[]) {
    let size = 0;
    for (const phrase of concepts.flatMap(phrasesOf)) {
      for (const { place } of phrase.hits) size = Math.max(size, place + 1);
    }
    this.#totals = new Float64Array(size);
    this.#best = new Float64Array(size);
    this.#keys = new Float64Array(size);
  }

  /** A concept counts by its best phrase; another word never for more than what was said could. */
  addConcept(concept: IndexedConcept, language: string): void {
    const { own, alternatives } = concept;
    this.#raise(own, own.weight, 1, language);
    for (const alternative of alternatives) this.#raise(alternative, own.weight, ALTERNATIVE_SHARE, language);
    for (const { hits } of phrasesOf(concept)) for (const { place } of hits) this.#best[place] = 0;
  }

  #raise({ weight, hits }: IndexedPhrase, most: number, share: number, language: string): void {
    for (const hit of hits) {
      const spoken = hit.language === language ? 1 : OTHER_LANGUAGE_SHARE;
      const worth = share * spoken * Math.min(most, weight * hit.share);
      const before = this.#best[hit.place]!;
      if (worth <= before) continue;
      this.#best[hit.place] = worth;
      this.#totals[hit.place]! += worth - before;
      this.#keys[hit.place] = hit.key;
    }
  }

  /** The highest, equals in order of their keys. */
  best(limit: number): RankedPassage[] {
    const found: RankedPassage[] = [];
    for (let place = 0; place < this.#totals.length; place += 1) {
      const score = this.#totals[place]!;
      if (score === 0 || (found.length === limit && score < (found.at(-1)?.score ?? Infinity))) continue;
      found.push({ key: this.#keys[place]!, score });
      found.sort((left, right) => right.score - left.score || left.key - right.key);
      found.length = Math.min(found.length, limit);
    }
    return found;
  }
}

function phrasesOf({ own, alternatives }: IndexedConcept): readonly IndexedPhrase[] {
  return [own, ...alternatives];
}
