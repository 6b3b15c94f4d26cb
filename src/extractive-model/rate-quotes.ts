import type { Language } from '../domain/language.ts';
import { languageOf } from '../domain/language.ts';
import type { Concept } from '../retrieval/question-concepts.ts';
import { questionConcepts } from '../retrieval/question-concepts.ts';
import { indexTerms, isPaired } from '../retrieval/terms.ts';
import { expectedShare } from './expected-answer.ts';
import type { Quote } from './quotes.ts';
import type { PromptPassage } from './read-prompt.ts';

/** A quote, its terms, and how well it answers: 0 for not at all; only ratings of one question compare. */
export interface RatedQuote {
  readonly quote: Quote;
  readonly terms: ReadonlySet<string>;
  readonly rating: number;
}

/** A term in the heading a quote stands under counts this share of one in the quote itself. */
const TITLE_SHARE = 0.5;
/** A quote counts so much more when its heading holds all of the question: it is where the question is answered. */
const HEADING_BONUS = 0.5;
/** The first sentence under a heading says what the heading promises. */
const LEAD_TITLE_SHARE = 0.8;
/** And when the question holds all of that heading, it is very likely what was asked. */
const ASKED_LEAD_TITLE_SHARE = 0.95;
/** What another word for the same counts of the question's own. */
const ALTERNATIVE_SHARE = 0.6;
/** A quote in another language than the question is better than none. */
const OTHER_LANGUAGE_SHARE = 0.5;
/** A sentence that asks repeats the question better than any other and answers nothing. */
const QUESTION_SHARE = 0.4;
const QUESTION_END = /[?？]["'”’」』)）]*$/u;
/** Code that nothing introduces says little to a person. */
const BARE_CODE_SHARE = 0.4;
/** Each passage further down counts a little less: the search had its reasons for the order. */
const RANK_DISCOUNT = 0.05;

interface TermSets {
  readonly titleShare: number;
  readonly terms: ReadonlySet<string>;
  readonly titleTerms: ReadonlySet<string>;
}

/** Rates quotes by how much of the question each holds; best first, equals in the order given. */
export function rateQuotes(question: string, quotes: readonly Quote[]): RatedQuote[] {
  const sets = quotes.map(({ text, code = '', passage, position }) => ({
    ...termSets(passage.title, `${text}\n${code}`),
    titleShare: position === 0 ? leadShare(question, passage) : TITLE_SHARE,
  }));
  const heldShare = createHeldShare(question, (concept) => 1 + rarity(concept, sets));
  const language = languageOf(question);
  return quotes
    .map((quote, index) => {
      const { terms } = sets[index]!;
      const rating =
        heldShare(sets[index]!) *
        (1 + HEADING_BONUS * heldShare({ ...sets[index]!, terms: sets[index]!.titleTerms })) *
        formShare(quote, language) *
        expectedShare(question, quote);
      return { quote, terms, rating };
    })
    .sort((left, right) => right.rating - left.rating);
}

function leadShare(question: string, passage: PromptPassage): number {
  return headingMatch(question, passage) === 1 ? ASKED_LEAD_TITLE_SHARE : LEAD_TITLE_SHARE;
}

/** What a quote counts by what it is, whatever was asked. */
function formShare({ text, passage }: Quote, language: Language): number {
  const languageShare = languageOf(text || passage.title) === language ? 1 : OTHER_LANGUAGE_SHARE;
  const questionShare = QUESTION_END.test(text) ? QUESTION_SHARE : 1;
  const codeShare = text === '' ? BARE_CODE_SHARE : 1;
  return (languageShare * questionShare * codeShare) / (1 + RANK_DISCOUNT * (passage.n - 1));
}

/**
 * How much of the question the passage holds that holds the most of it: 0 to 1. Each of its words counts the same: those
 * that all the passages hold are not common words, they are what the search found them by.
 */
export function coverageOf(question: string, passages: readonly PromptPassage[]): number {
  const sets = passages.map(({ title, text }) => termSets(title, `${title}\n${text}`));
  const heldShare = createHeldShare(question, () => 1);
  return Math.max(0, ...sets.map(heldShare));
}

/** How much of one of its headings, of two words at least, the question holds: 0 to 1. A long story is asked so too. */
export function headingMatch(question: string, passage: PromptPassage): number {
  const terms = new Set(indexTerms(question));
  const matches = passage.title.split(' › ').map((heading) => {
    const concepts = questionConcepts(heading);
    const held = concepts.filter(({ phrase }) => hasPhrase(terms, phrase)).length;
    return concepts.length < 2 ? 0 : held / concepts.length;
  });
  return Math.max(...matches);
}

/** Says what share of the question a text holds, each concept of it with its weight. */
function createHeldShare(
  question: string,
  weightOf: (concept: Concept) => number,
): (text: TermSets) => number {
  const concepts = questionConcepts(question).map((concept) => ({ ...concept, weight: weightOf(concept) }));
  const total = concepts.reduce((sum, { weight }) => sum + weight, 0);
  return ({ terms, titleTerms, titleShare }) => {
    let held = 0;
    for (const concept of concepts)
      held += concept.weight * Math.max(shareIn(terms, concept), titleShare * shareIn(titleTerms, concept));
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

/** How rare a concept is among the texts: what few hold tells them apart. */
function rarity(concept: Concept, texts: readonly TermSets[]): number {
  const having = texts.filter(
    ({ terms, titleTerms }) => shareIn(terms, concept) > 0 || shareIn(titleTerms, concept) > 0,
  ).length;
  return Math.log(1 + (texts.length - having + 0.5) / (having + 0.5));
}

function termSets(title: string, text: string): TermSets {
  return {
    terms: new Set(indexTerms(text)),
    titleTerms: new Set(indexTerms(title)),
    titleShare: TITLE_SHARE,
  };
}
