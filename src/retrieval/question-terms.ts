import { stem } from './stem.ts';
import { CHINESE_STOP_PHRASES, ENGLISH_STOP_WORDS } from './stop-words.ts';
import type { SynonymGroup } from './synonyms.ts';
import { SYNONYM_GROUPS } from './synonyms.ts';
import { isPaired, splitTerms } from './terms.ts';

/** What a question looks for. */
export interface QuestionTerms {
  /** Terms of the question itself, without stop words, each once. */
  readonly own: readonly string[];
  /** For each meaning found in the question: other words for it; terms with spaces between are a phrase. */
  readonly synonymGroups: readonly (readonly string[])[];
}

/** More words than a question has; what a pasted log would add only costs time. */
const MOST_TERMS = 64;
/** What is looked at of a question, in characters. */
const LONGEST_QUESTION = 8_000;
const STOP_PHRASE = new RegExp(CHINESE_STOP_PHRASES.join('|'), 'g');

const GROUPS_OF_WORD = new Map<string, number[]>();
for (const [index, group] of SYNONYM_GROUPS.entries())
  for (const word of group)
    GROUPS_OF_WORD.set(stem(word), [...(GROUPS_OF_WORD.get(stem(word)) ?? []), index]);
const CHINESE_WORDS = [...GROUPS_OF_WORD.keys()].filter((word) => isPaired(word));
const CHINESE_WORD = new RegExp(
  CHINESE_WORDS.sort((left, right) => right.length - left.length).join('|'),
  'g',
);

/** Reads what a question looks for; at most 64 terms, and 128 with their synonyms, whatever the question is. */
export function questionTerms(question: string): QuestionTerms {
  const text = question.slice(0, LONGEST_QUESTION).normalize('NFKC');
  const own = contentTerms(text).slice(0, MOST_TERMS);
  const words = [...own.map((term) => stem(term)), ...(text.match(CHINESE_WORD) ?? [])];
  const groups = new Set(words.flatMap((word) => GROUPS_OF_WORD.get(word) ?? []));
  const seen = new Set(own);
  const synonymGroups = [...groups].map((group) => newPhrases(SYNONYM_GROUPS[group]!, seen));
  return { own, synonymGroups: synonymGroups.filter((phrases) => phrases.length > 0) };
}

/** Adds what it gives to `seen`: a word of two groups is asked for once. */
function newPhrases(group: SynonymGroup, seen: Set<string>): string[] {
  const phrases = group.map((word) => splitTerms(word).join(' '));
  return phrases.filter((phrase) => {
    const isNew = !seen.has(phrase) && seen.size < 2 * MOST_TERMS;
    if (isNew) seen.add(phrase);
    return isNew;
  });
}

/** The terms of a text that carry meaning, each once, in order. */
export function contentTerms(text: string): string[] {
  const terms = splitTerms(text.replace(STOP_PHRASE, ' '));
  return [...new Set(terms)].filter((term) => !ENGLISH_STOP_WORDS.has(term));
}
