/**
 * Words that give away which language stands behind a rotation, a reversal or a row of spaced letters: those that an order
 * to a model is made of, and the commonest of all. Longest first, so that a row of letters is cut where a person would.
 */
export const COMMON_WORDS: readonly string[] = [
  'instructions instruction restrictions unrestricted everything guidelines disregard assistant developer directives',
  'commands messages password previous override preceding reveal system prompts prompt pretend without ignore forget',
  'bypass earlier secret hidden output repeat follow answer enable rules above prior limits print these those your with',
  'that this from have mode tell show user then will what must now not and the all any you are act for has was can do is',
  'in to of me my an as it no on or us we be',
]
  .join(' ')
  .split(' ')
  .sort((left, right) => right.length - left.length);

/** The letters of a text thirteen further on: its own inverse. */
export function rotated(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const code = letter.charCodeAt(0);
    const first = code < 97 ? 65 : 97;
    return String.fromCharCode(((code - first + 13) % 26) + first);
  });
}

/** Words that a disguise turns into words. */
const ALSO_WORDS = new Set(['saw', 'dna', 'era', 'ton', 'won']);

/** A pattern for common words of at least three letters as a disguise turns them. */
export function disguisedWords(disguise: (word: string) => string): RegExp {
  const words = COMMON_WORDS.filter((word) => word.length >= 3).map(disguise);
  return new RegExp(
    `\\b(?:${words.filter((word) => !COMMON_WORDS.includes(word) && !ALSO_WORDS.has(word)).join('|')})\\b`,
    'gi',
  );
}
