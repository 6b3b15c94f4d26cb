import { synonymsOf } from './find-synonyms.ts';
import { questionWords } from './question-words.ts';
import { phraseOf, splitTerms } from './terms.ts';

/** One thing a question asks about. A phrase is one or more terms, with spaces between, as the index has them. */
export interface Concept {
  /** What the question itself says. */
  readonly phrase: string;
  /** What else an operator might have written for it. */
  readonly alternatives: readonly string[];
}

/** More than a question has; what a pasted log would add only costs time. */
const MOST_CONCEPTS = 48;
/** All concepts together. */
const MOST_ALTERNATIVES = 128;
/** What is looked at of a question, in characters. */
const LONGEST_QUESTION = 4_000;

/** Reads what a question asks about: each of its words once, with other words for the same. */
export function questionConcepts(question: string): Concept[] {
  const concepts = new Map<string, readonly string[]>();
  let room = MOST_ALTERNATIVES;
  for (const word of questionWords(question.slice(0, LONGEST_QUESTION))) {
    const { phrase, alternatives } = conceptOf(word);
    if (phrase === '' || concepts.has(phrase) || concepts.size === MOST_CONCEPTS) continue;
    concepts.set(phrase, alternatives.slice(0, room));
    room -= concepts.get(phrase)!.length;
  }
  return [...concepts].map(([phrase, alternatives]) => ({ phrase, alternatives }));
}

/** Operators use few words: stemming and looking up each again was most of the work on a question. */
const remembered = new Map<string, Concept>();
const MOST_REMEMBERED = 4096;

function conceptOf(word: string): Concept {
  const known = remembered.get(word);
  if (known !== undefined) return known;
  const phrase = phraseOf(word);
  const alternatives = new Set([...synonymsOf(word), ...partsOf(word)]);
  alternatives.delete(phrase);
  const concept = { phrase, alternatives: [...alternatives] };
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(word, concept);
  return concept;
}

/** Part of a long Chinese word or of an identifier is better than nothing: the text may put it another way. */
function partsOf(word: string): string[] {
  const terms = splitTerms(word);
  return terms.length > 1 && !word.includes(' ') ? terms : [];
}
