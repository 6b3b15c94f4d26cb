const PIECE = /\p{Script=Han}{1,2}|[^\s\p{Script=Han}]+|\s+/gu;
/** A token of a language model covers about so many characters of a word. */
const CHARACTERS_PER_TOKEN = 4;

/** Cuts text into the small pieces a model would stream: words with the space before them, Chinese by two characters. */
export function textPieces(text: string): string[] {
  const pieces: string[] = [];
  let space = '';
  for (const [piece] of text.matchAll(PIECE)) {
    if (piece.trim() === '') space = piece;
    else {
      pieces.push(space + piece);
      space = '';
    }
  }
  return space === '' ? pieces : [...pieces, space];
}

/**
 * A simple estimate of tokens, the same for prompts and answers: one for each Chinese character, one for each four
 * characters of any other word, begun ones counted whole; spaces are free.
 */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECE)) {
    if (/^\p{Script=Han}/u.test(piece)) tokens += Array.from(piece).length;
    else if (piece.trim() !== '') tokens += Math.ceil(piece.length / CHARACTERS_PER_TOKEN);
  }
  return tokens;
}
