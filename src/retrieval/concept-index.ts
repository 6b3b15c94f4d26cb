import type { IndexedPhrase, PhraseIndex } from './phrase-index.ts';
import type { Concept } from './question-concepts.ts';

/** What each passage is worth to a question that asks about one concept. */
export interface WeighedConcept {
  /** The most a passage can be worth: the weight of the question's own word. */
  readonly weight: number;
  readonly places: Int32Array;
  /** Of the passage at the same position of `places`. */
  readonly worths: Float64Array;
}

/** Weighs concepts in one collection, and remembers them until the corpus changes. */
export interface ConceptIndex {
  /** `language` is that of the question. */
  find(concept: Concept, language: string): WeighedConcept;
  /** Key of the passage at each place that was given out so far. */
  readonly keys: readonly number[];
}

/** Another word for it is a guess at what was meant. */
const ALTERNATIVE_SHARE = 0.8;
/** A page in the language of the question comes before its translation. */
const OTHER_LANGUAGE_SHARE = 0.5;
/** Passages remembered altogether, each once for every concept it has: 12 bytes each. */
const MOST_REMEMBERED_WORTHS = 400_000;
const MOST_REMEMBERED_CONCEPTS = 4_096;

/** Makes the lookup over what the phrase index knows: operators use few words, and each is weighed once. */
export function createConceptIndex(phrases: PhraseIndex): ConceptIndex {
  const remembered = new Map<string, WeighedConcept>();
  let worthCount = 0;
  return {
    keys: phrases.keys,
    find(concept, language) {
      // A long question leaves its last concepts fewer alternatives, always the first of them.
      const key = `${language} ${concept.alternatives.length} ${concept.phrase}`;
      const known = remembered.get(key);
      if (known !== undefined) return known;
      const found = weigh(concept, phrases, language);
      if (remembered.size >= MOST_REMEMBERED_CONCEPTS || worthCount >= MOST_REMEMBERED_WORTHS) {
        remembered.clear();
        worthCount = 0;
      }
      remembered.set(key, found);
      worthCount += found.places.length;
      return found;
    },
  };
}

/** A concept counts once, by its best phrase; another word never for more than what was said could. */
function weigh({ phrase, alternatives }: Concept, phrases: PhraseIndex, language: string): WeighedConcept {
  const own = phrases.find(phrase);
  const best = new Map<number, number>();
  raise(best, own, { most: own.weight, share: 1, language });
  for (const alternative of alternatives) {
    raise(best, phrases.find(alternative), { most: own.weight, share: ALTERNATIVE_SHARE, language });
  }
  return {
    weight: own.weight,
    places: Int32Array.from(best.keys()),
    worths: Float64Array.from(best.values()),
  };
}

interface Scale {
  readonly most: number;
  readonly share: number;
  readonly language: string;
}

function raise(best: Map<number, number>, { weight, hits }: IndexedPhrase, scale: Scale): void {
  for (const { language, places, shares } of hits) {
    const share = scale.share * (language === scale.language ? 1 : OTHER_LANGUAGE_SHARE);
    places.forEach((place, hit) => {
      const worth = share * Math.min(scale.most, weight * shares[hit]!);
      if (worth > (best.get(place) ?? 0)) best.set(place, worth);
    });
  }
}
