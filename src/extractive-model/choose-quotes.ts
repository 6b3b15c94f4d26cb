import type { Quote } from './quotes.ts';
import { quotesOf } from './quotes.ts';
import type { RatedQuote } from './rate-quotes.ts';
import { coverageOf, headingMatch, rateQuotes } from './rate-quotes.ts';
import type { PromptPassage, ReadPrompt } from './read-prompt.ts';

/** So much of the question, by weight, must the best passage hold for the stand-in to quote anything. */
const LEAST_COVERAGE = 0.4;
/** So much of the first passage's heading in the question is evidence enough, however long the question is. */
const LEAST_HEADING_MATCH = 0.6;
/** A further quote must be so good, measured by the best: out of the same passage it belongs to it and may be less. */
const LEAST_OF_BEST = 0.85;
const LEAST_OF_BEST_BESIDE = 0.6;
const MOST_QUOTES = 3;
const MOST_CHARACTERS = 900;
/** Quotes that share more of their terms than this say the same. */
const SAME_SHARE = 0.7;

/**
 * Picks the quotes that answer a question, in the order of the passages;
 * none when no passage holds enough of the question to be an answer.
 */
export function chooseQuotes({ question, passages }: ReadPrompt): Quote[] {
  if (!isAnswered(question, passages)) return [];
  const rated = rateQuotes(question, passages.flatMap(quotesOf));
  const chosen: RatedQuote[] = [];
  let characters = 0;
  for (const candidate of rated) {
    if (chosen.length === MOST_QUOTES) break;
    if (!isGood(candidate, rated[0]!)) continue;
    const length = candidate.quote.text.length + (candidate.quote.code?.length ?? 0);
    const fits = chosen.length === 0 || characters + length <= MOST_CHARACTERS;
    if (!fits || chosen.some((other) => saysTheSame(other.terms, candidate.terms))) continue;
    chosen.push(candidate);
    characters += length;
  }
  return chosen
    .map(({ quote }) => quote)
    .sort((left, right) => left.passage.n - right.passage.n || left.position - right.position);
}

/** The first passage is what the search thought best: its heading alone may show that it is right. */
function isAnswered(question: string, passages: readonly PromptPassage[]): boolean {
  if (passages[0] === undefined) return false;
  return (
    coverageOf(question, passages) >= LEAST_COVERAGE ||
    headingMatch(question, passages[0]) >= LEAST_HEADING_MATCH
  );
}

function isGood({ rating, quote }: RatedQuote, best: RatedQuote): boolean {
  const least = quote.passage.n === best.quote.passage.n ? LEAST_OF_BEST_BESIDE : LEAST_OF_BEST;
  return rating > 0 && rating >= least * best.rating;
}

function saysTheSame(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  const shared = [...left].filter((term) => right.has(term)).length;
  return shared > SAME_SHARE * Math.min(left.size, right.size);
}
