/** The terms of a passage, with spaces between. */
export interface PassageTerms {
  readonly titleTerms: string;
  readonly headingTerms: string;
  readonly textTerms: string;
}

/** A word in its heading says more about a passage than one in its text; the title is that of its neighbours too. */
const HEADING_WEIGHT = 8;
const TITLE_WEIGHT = 3;
/** A heading with fewer characters says more with each word, but only so much more. */
const USUAL_HEADING_LENGTH = 50;
const MOST_HEADING_SHARE = 2;
/** The usual constants of bm25, but a long passage is held less against it: it has its heading to speak for it. */
const K1 = 1.2;
const B = 0.5;

/**
 * How much a passage is about a phrase, 0 to 1: the part of bm25 that is not the phrase's weight. More often is better,
 * but each time less; in a longer text the same number says less.
 */
export function phraseShare(
  phrase: string,
  isPrefix: boolean,
  terms: PassageTerms,
  meanLength: number,
): number {
  const frequency =
    occurrences(phrase, isPrefix, terms.textTerms) +
    HEADING_WEIGHT * headingShare(terms.headingTerms) * occurrences(phrase, isPrefix, terms.headingTerms) +
    TITLE_WEIGHT * occurrences(phrase, isPrefix, terms.titleTerms);
  return frequency / (frequency + K1 * (1 - B + (B * terms.textTerms.length) / meanLength));
}

function headingShare(headingTerms: string): number {
  return Math.min(MOST_HEADING_SHARE, Math.max(1, USUAL_HEADING_LENGTH / (headingTerms.length + 1)));
}

function occurrences(phrase: string, isPrefix: boolean, terms: string): number {
  const text = ` ${terms} `;
  const wanted = isPrefix ? ` ${phrase}` : ` ${phrase} `;
  let count = 0;
  // The space that ends one term begins the next.
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length - 1)) count += 1;
  return count;
}
