/** Characters written without spaces between words: a run of them is cut into overlapping pairs. */
const PAIRED = String.raw`[[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]&&[\p{L}\p{N}]]`;
const LETTER = String.raw`[[\p{L}\p{N}\p{M}]--${PAIRED}]`;
const PIECE = new RegExp(String.raw`${PAIRED}+|${LETTER}+(?:[.\/:_\-]${LETTER}+)*`, 'gv');
const PAIRED_START = new RegExp(String.raw`^${PAIRED}`, 'v');
const IDENTIFIER_SEAM = /[./:_-]|(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Longer than any identifier a person types; keeps one pasted blob from becoming one huge term. */
const LONGEST_TERM = 64;

/**
 * Splits text into search terms: lower-cased words, identifiers both whole and in parts
 * (`gen_ai.token` gives `genaitoken`, `gen`, `ai`, `token`), Chinese as overlapping pairs of characters.
 */
export function splitTerms(text: string): string[] {
  return pieces(text).flatMap((piece) => (isPaired(piece) ? pairs(piece) : identifierTerms(piece)));
}

/**
 * The terms a text is indexed under: as `splitTerms`, and the last character of each Chinese run alone,
 * so that a question of one character finds it anywhere by prefix.
 */
export function indexTerms(text: string): string[] {
  return pieces(text).flatMap((piece) => {
    if (!isPaired(piece)) return identifierTerms(piece);
    const characters = Array.from(piece);
    return characters.map((character, index) => character + (characters[index + 1] ?? ''));
  });
}

/** Whether a term is cut from writing without spaces, such as Chinese. */
export function isPaired(term: string): boolean {
  return PAIRED_START.test(term);
}

function pieces(text: string): string[] {
  return text.normalize('NFKC').match(PIECE) ?? [];
}

function pairs(run: string): string[] {
  const characters = Array.from(run);
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

/** Joining without separators makes `gen_ai.token` of the docs and `gen_ai_token` of Prometheus one term. */
function identifierTerms(piece: string): string[] {
  const parts = piece.split(IDENTIFIER_SEAM).filter((part) => part !== '');
  const whole = parts.join('');
  const terms = parts.length > 1 ? [whole, ...parts] : parts;
  return terms.filter((term) => term.length <= LONGEST_TERM).map((term) => term.toLowerCase());
}
