import { languageOf } from '../domain/language.ts';
import { questionTerms } from '../retrieval/question-terms.ts';
import { stem } from '../retrieval/stem.ts';
import { splitTerms } from '../retrieval/terms.ts';
import type { Quote } from './quotes.ts';
import type { PromptPassage } from './read-prompt.ts';

/** A quote, its terms, and how much of the question it holds: 0 to 1. */
export interface RatedQuote {
  readonly quote: Quote;
  readonly terms: ReadonlySet<string>;
  readonly rating: number;
}

/** A term in the heading a quote stands under counts this share of one in the quote itself. */
const TITLE_SHARE = 0.5;
/** What another word for the same counts, in terms of middle weight. */
const SYNONYM_SHARE = 0.5;
/** A quote in another language than the question is better than none. */
const OTHER_LANGUAGE_SHARE = 0.5;
/** Each passage further down counts a little less: the search had its reasons for the order. */
const RANK_DISCOUNT = 0.05;

interface TermSets {
  readonly terms: ReadonlySet<string>;
  readonly titleTerms: ReadonlySet<string>;
}

/** Rates quotes by how much of the question each holds; best first, equals in the order given. */
export function rateQuotes(question: string, quotes: readonly Quote[]): RatedQuote[] {
  const sets = quotes.map(({ text, code = '', passage }) => termSets(passage.title, `${text}\n${code}`));
  const heldShare = createHeldShare(question, sets);
  const language = languageOf(question);
  return quotes
    .map((quote, index) => {
      const { terms } = sets[index]!;
      const languageShare =
        languageOf(quote.text || quote.passage.title) === language ? 1 : OTHER_LANGUAGE_SHARE;
      const rankShare = 1 / (1 + RANK_DISCOUNT * (quote.passage.n - 1));
      return { quote, terms, rating: heldShare(sets[index]!) * languageShare * rankShare };
    })
    .sort((left, right) => right.rating - left.rating);
}

/** How much of the question the passage holds that holds the most of it: 0 to 1. */
export function coverageOf(question: string, passages: readonly PromptPassage[]): number {
  const sets = passages.map(({ title, text }) => termSets(title, `${title}\n${text}`));
  const heldShare = createHeldShare(question, sets);
  return Math.max(0, ...sets.map(heldShare));
}

/** Weighs each term of the question by how rare it is among all the texts, then says what share a text holds. */
function createHeldShare(question: string, texts: readonly TermSets[]): (text: TermSets) => number {
  const { own, synonymGroups } = questionTerms(question);
  const weights = new Map([...new Set(own.map(stem))].map((term) => [term, rarity(term, texts)]));
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const groups = synonymGroups.map((phrases) => phrases.map((phrase) => phrase.split(' ').map(stem)));
  const synonymWeight = (SYNONYM_SHARE * total) / weights.size;
  return ({ terms, titleTerms }) => {
    let held = 0;
    for (const [term, weight] of weights)
      held += terms.has(term) ? weight : titleTerms.has(term) ? weight * TITLE_SHARE : 0;
    const meant = groups.filter((phrases) =>
      phrases.some((phrase) => phrase.every((term) => terms.has(term))),
    );
    return total === 0 ? 0 : Math.min(1, (held + meant.length * synonymWeight) / total);
  };
}

function rarity(term: string, texts: readonly TermSets[]): number {
  const having = texts.filter(({ terms, titleTerms }) => terms.has(term) || titleTerms.has(term)).length;
  return Math.log(1 + (texts.length - having + 0.5) / (having + 0.5));
}

function termSets(title: string, text: string): TermSets {
  return { terms: termSet(text), titleTerms: termSet(title) };
}

function termSet(text: string): ReadonlySet<string> {
  return new Set(splitTerms(text).map(stem));
}
