import { stem } from './stem.ts';

/** Characters written without spaces between words: a run of them is cut into overlapping pairs. */
const PAIRED = String.raw`[[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]&&[\p{L}\p{N}]]`;
const LETTER = String.raw`[[\p{L}\p{N}\p{M}]--${PAIRED}]`;
const PIECE = new RegExp(String.raw`${PAIRED}+|${LETTER}+(?:[.\/:_\-]${LETTER}+)*`, 'gv');
const PAIRED_START = new RegExp(String.raw`^${PAIRED}`, 'v');
const IDENTIFIER_SEAM = /[./:_-]|(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Longer than any identifier a person types; keeps one pasted blob from becoming one huge term. */
const LONGEST_TERM = 64;

/**
 * Splits text into search terms: stems of words, identifiers both whole and in parts
 * (`gen_ai.token` gives `genaitoken`, `gen`, `ai`, `token`), Chinese as overlapping pairs of characters.
 */
export function splitTerms(text: string): string[] {
  return piecesOf(text).flatMap((piece) =>
    isPaired(piece) ? pairs(piece) : identifierWords(piece).map(stem),
  );
}

/**
 * The terms a text is indexed under: as `splitTerms`, and the last character of each Chinese run alone,
 * so that a question of one character finds it anywhere by prefix.
 */
export function indexTerms(text: string): string[] {
  return piecesOf(text).flatMap((piece) => {
    if (!isPaired(piece)) return identifierWords(piece).map(stem);
    const characters = Array.from(piece);
    return characters.map((character, index) => character + (characters[index + 1] ?? ''));
  });
}

/**
 * How a word is looked for: an expression, and Chinese of more than two characters, term after term with spaces
 * between; an identifier whole.
 */
export function phraseOf(word: string): string {
  const terms = splitTerms(word);
  return isPaired(word) || word.includes(' ') ? terms.join(' ') : (terms[0] ?? '');
}

/** The runs of a text that terms are made of: words and identifiers as they are written, or unbroken Chinese. */
export function piecesOf(text: string): string[] {
  return text.normalize('NFKC').match(PIECE) ?? [];
}

/** Whether a term is cut from writing without spaces, such as Chinese. */
export function isPaired(term: string): boolean {
  return PAIRED_START.test(term);
}

/**
 * A word in lower case, or an identifier as one word and in parts. Joining without separators makes `gen_ai.token` of
 * the docs and `gen_ai_token` of Prometheus one term.
 */
export function identifierWords(piece: string): string[] {
  const parts = piece.split(IDENTIFIER_SEAM).filter((part) => part !== '');
  const words = parts.length > 1 ? [parts.join(''), ...parts] : parts;
  return words.filter((word) => word.length <= LONGEST_TERM).map((word) => word.toLowerCase());
}

function pairs(run: string): string[] {
  const characters = Array.from(run);
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}
