import type { IndexedConcept, IndexedPhrase } from './phrase-index.ts';

/** A passage that might answer, as the index found it. */
export interface Candidate {
  readonly key: number;
  readonly language: string;
  readonly titleTerms: string;
  readonly headingTerms: string;
  readonly textTerms: string;
}

/** A candidate and how well it answers, 0 to 1. */
export interface RankedCandidate {
  readonly key: number;
  readonly score: number;
}

/** What the ranking is told about question and corpus. */
export interface RankingContext {
  readonly language: string;
  readonly meanLength: number;
}

/** A word in its heading says more about a passage than one in its text; the title is that of its neighbours too. */
const HEADING_WEIGHT = 4;
const TITLE_WEIGHT = 2;
/** Another word for it is a guess at what was meant. */
export const ALTERNATIVE_SHARE = 0.8;
/** A page in the language of the question comes before its translation. */
export const OTHER_LANGUAGE_SHARE = 0.5;
/** The usual constants of bm25, as FTS5 has them. */
const K1 = 1.2;
const B = 0.75;

/**
 * Ranks candidates by bm25, but each concept counts once: by the question's own word or by the best other word for it,
 * never by the sum of all. A score of 1 would be a short passage that says every word of the question many times.
 */
export function rankCandidates(
  candidates: readonly Candidate[],
  concepts: readonly IndexedConcept[],
  context: RankingContext,
): RankedCandidate[] {
  const best = concepts.reduce((sum, { own }) => sum + own.weight, 0) * (K1 + 1);
  return candidates
    .map((candidate) => ({ key: candidate.key, score: relevance(candidate, concepts, context) / best }))
    .sort((left, right) => right.score - left.score || left.key - right.key);
}

function relevance(
  { language, titleTerms, headingTerms, textTerms }: Candidate,
  concepts: readonly IndexedConcept[],
  context: RankingContext,
): number {
  const frequencies = termFrequencies({ titleTerms, headingTerms, textTerms });
  const norm = K1 * (1 - B + (B * textTerms.length) / context.meanLength);
  const strength = (phrase: IndexedPhrase): number => {
    const frequency = frequencyOf(phrase, frequencies);
    return phrase.weight * ((frequency * (K1 + 1)) / (frequency + norm));
  };
  let sum = 0;
  for (const { own, alternatives } of concepts) {
    const others = alternatives.map(strength);
    sum += Math.max(
      strength(own),
      ALTERNATIVE_SHARE * Math.min(own.weight * (K1 + 1), Math.max(0, ...others)),
    );
  }
  return language === context.language ? sum : sum * OTHER_LANGUAGE_SHARE;
}

function termFrequencies({
  titleTerms,
  headingTerms,
  textTerms,
}: Pick<Candidate, 'titleTerms' | 'headingTerms' | 'textTerms'>): ReadonlyMap<string, number> {
  const frequencies = new Map<string, number>();
  const add = (terms: string, weight: number): void => {
    for (const term of terms.split(' ')) frequencies.set(term, (frequencies.get(term) ?? 0) + weight);
  };
  add(textTerms, 1);
  add(headingTerms, HEADING_WEIGHT);
  add(titleTerms, TITLE_WEIGHT);
  return frequencies;
}

/** As often as the rarest of the phrase's terms; whether they stand together the index has already asked. */
function frequencyOf({ terms, isPrefix }: IndexedPhrase, frequencies: ReadonlyMap<string, number>): number {
  if (!isPrefix) return Math.min(...terms.map((term) => frequencies.get(term) ?? 0));
  let sum = 0;
  for (const [term, frequency] of frequencies) if (term.startsWith(terms[0]!)) sum += frequency;
  return sum;
}
