/**
 * A low estimate of the tokens of a content: four characters to a token, one and a half wide (CJK) characters to a token.
 * For budgets only; what is reported and counted are the upstream's own numbers.
 */
export function estimateTokens(content: unknown): number {
  if (typeof content === 'string') {
    const wide = countWide(content);
    return Math.ceil((content.length - wide) / 4 + wide / 1.5);
  }
  if (!Array.isArray(content)) return 0;
  return content.reduce((sum: number, part: { text?: unknown }) => sum + estimateTokens(part.text), 0);
}

/** One by one: a list of all matches of a pattern costs ten times as much in a Chinese text. */
function countWide(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (isWide(text.charCodeAt(index))) count += 1;
  }
  return count;
}

/** Ideographs, kana, Hangul, and their full-width company. */
function isWide(code: number): boolean {
  if (code < 0x2e80) return false;
  return (
    code <= 0x9fff ||
    (code >= 0xac00 && code <= 0xd7af) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xff00 && code <= 0xffef)
  );
}
