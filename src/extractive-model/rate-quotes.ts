import { languageOf } from '../domain/language.ts';
import type { Concept } from '../retrieval/question-concepts.ts';
import { questionConcepts } from '../retrieval/question-concepts.ts';
import { indexTerms, isPaired } from '../retrieval/terms.ts';
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
/** What another word for the same counts of the question's own. */
const ALTERNATIVE_SHARE = 0.6;
/** A quote in another language than the question is better than none. */
const OTHER_LANGUAGE_SHARE = 0.5;
/** A sentence that asks repeats the question better than any other and answers nothing. */
const QUESTION_SHARE = 0.4;
const QUESTION_END = /[?？]["'”’」』)）]*$/u;
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
      const questionShare = QUESTION_END.test(quote.text) ? QUESTION_SHARE : 1;
      const rankShare = 1 / (1 + RANK_DISCOUNT * (quote.passage.n - 1));
      return { quote, terms, rating: heldShare(sets[index]!) * languageShare * rankShare * questionShare };
    })
    .sort((left, right) => right.rating - left.rating);
}

/** How much of the question the passage holds that holds the most of it: 0 to 1. */
export function coverageOf(question: string, passages: readonly PromptPassage[]): number {
  const sets = passages.map(({ title, text }) => termSets(title, `${title}\n${text}`));
  const heldShare = createHeldShare(question, sets);
  return Math.max(0, ...sets.map(heldShare));
}

/** Weighs each concept of the question by how rare it is among all the texts, then says what share a text holds. */
function createHeldShare(question: string, texts: readonly TermSets[]): (text: TermSets) => number {
  const concepts = questionConcepts(question).map((concept) => ({
    ...concept,
    weight: rarity(concept, texts),
  }));
  const total = concepts.reduce((sum, { weight }) => sum + weight, 0);
  return ({ terms, titleTerms }) => {
    let held = 0;
    for (const concept of concepts)
      held += concept.weight * Math.max(shareIn(terms, concept), TITLE_SHARE * shareIn(titleTerms, concept));
    return total === 0 ? 0 : held / total;
  };
}

function shareIn(terms: ReadonlySet<string>, { phrase, alternatives }: Concept): number {
  if (hasPhrase(terms, phrase)) return 1;
  return alternatives.some((alternative) => hasPhrase(terms, alternative)) ? ALTERNATIVE_SHARE : 0;
}

/** All terms of the phrase, wherever they stand: a quote is short enough for that. One Chinese character: in any pair. */
function hasPhrase(terms: ReadonlySet<string>, phrase: string): boolean {
  if (isPaired(phrase) && Array.from(phrase).length === 1)
    return [...terms].some((term) => term.startsWith(phrase));
  return phrase.split(' ').every((term) => terms.has(term));
}

function rarity(concept: Concept, texts: readonly TermSets[]): number {
  const having = texts.filter(
    ({ terms, titleTerms }) => shareIn(terms, concept) > 0 || shareIn(titleTerms, concept) > 0,
  ).length;
  return Math.log(1 + (texts.length - having + 0.5) / (having + 0.5));
}

function termSets(title: string, text: string): TermSets {
  return { terms: new Set(indexTerms(text)), titleTerms: new Set(indexTerms(title)) };
}
