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
  /** Key of the passage at each place. */
  readonly keys: readonly number[];
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
  { language, limit, keys }: RankOptions,
): RankedPassage[] {
  const most = concepts.reduce((sum, { own }) => sum + own.weight, 0);
  const scores = new ScoreBoard(keys.length);
  for (const concept of concepts) scores.addConcept(concept, language);
  return scores.best(limit, keys).map(({ key, score }) => ({ key, score: score / most }));
}

/**
 * Adds up what each passage is worth. Arrays by the passages' places instead of maps by their keys: common words are
 * in hundreds of passages, and this loop was a third of a search.
 */
class ScoreBoard {
  readonly #totals: Float64Array;
  /** Of the newest concept that a passage has, whose number is beside it. */
  readonly #best: Float64Array;
  readonly #bestOf: Uint32Array;
  #concept = 0;

  constructor(places: number) {
    this.#totals = new Float64Array(places);
    this.#best = new Float64Array(places);
    this.#bestOf = new Uint32Array(places);
  }

  /** A concept counts by its best phrase; another word never for more than what was said could. */
  addConcept({ own, alternatives }: IndexedConcept, language: string): void {
    this.#concept += 1;
    this.#raise(own, own.weight, 1, language);
    for (const alternative of alternatives) this.#raise(alternative, own.weight, ALTERNATIVE_SHARE, language);
  }

  #raise({ weight, hits }: IndexedPhrase, most: number, share: number, language: string): void {
    for (const { language: spoken, places, shares } of hits) {
      const scale = share * (spoken === language ? 1 : OTHER_LANGUAGE_SHARE);
      for (let hit = 0; hit < places.length; hit += 1) {
        this.#raisePlace(places[hit]!, scale * Math.min(most, weight * shares[hit]!));
      }
    }
  }

  #raisePlace(place: number, worth: number): void {
    const before = this.#bestOf[place] === this.#concept ? this.#best[place]! : 0;
    if (worth <= before) return;
    this.#bestOf[place] = this.#concept;
    this.#best[place] = worth;
    this.#totals[place]! += worth - before;
  }

  /** The highest, equals in order of their keys. */
  best(limit: number, keys: readonly number[]): RankedPassage[] {
    const found: RankedPassage[] = [];
    let least = 0;
    for (let place = 0; place < this.#totals.length; place += 1) {
      const score = this.#totals[place]!;
      if (score === 0 || score < least) continue;
      found.push({ key: keys[place]!, score });
      found.sort((left, right) => right.score - left.score || left.key - right.key);
      found.length = Math.min(found.length, limit);
      least = found.length === limit ? (found.at(-1)?.score ?? Infinity) : 0;
    }
    return found;
  }
}
