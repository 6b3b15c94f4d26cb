import { SYNONYM_GROUPS } from './synonyms.ts';
import { isPaired, phraseOf, splitTerms } from './terms.ts';

/** Phrases of all groups that a phrase stands in, itself left out. */
const SYNONYMS = new Map<string, readonly string[]>();
for (const group of SYNONYM_GROUPS) {
  const phrases = group.map(phraseOf);
  for (const phrase of phrases) {
    const others = [...(SYNONYMS.get(phrase) ?? []), ...phrases.filter((other) => other !== phrase)];
    SYNONYMS.set(phrase, [...new Set(others)]);
  }
}

/** Chinese words of the table that have more than one character. */
export const CHINESE_WORDS: readonly string[] = SYNONYM_GROUPS.flat().filter(
  (word) => isPaired(word) && Array.from(word).length > 1,
);

/** Other phrases for a word, or for an expression of two or three words. */
export function synonymsOf(word: string): readonly string[] {
  return SYNONYMS.get(phraseOf(word)) ?? [];
}

/** Whether the table knows a word or expression. */
export function hasSynonyms(word: string): boolean {
  return SYNONYMS.has(phraseOf(word));
}

/** First terms of all expressions: asked of every word of a question, where stemming each run of words took too long. */
const EXPRESSION_STARTS = new Set(
  [...SYNONYMS.keys()].filter((phrase) => phrase.includes(' ')).map((phrase) => phrase.split(' ', 1)[0]),
);

/** Whether an expression of the table may begin with this word. */
export function startsExpression(word: string): boolean {
  return EXPRESSION_STARTS.has(splitTerms(word)[0]);
}
