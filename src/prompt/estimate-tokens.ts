const WIDE = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]/g;

/**
 * A low estimate of the tokens of a content: four characters to a token, one and a half wide (CJK) characters to a token.
 * For budgets only; what is reported and counted are the upstream's own numbers.
 */
export function estimateTokens(content: unknown): number {
  if (typeof content === 'string') {
    const wide = content.length > 0 ? (content.match(WIDE)?.length ?? 0) : 0;
    return Math.ceil((content.length - wide) / 4 + wide / 1.5);
  }
  if (!Array.isArray(content)) return 0;
  return content.reduce((sum: number, part: { text?: unknown }) => sum + estimateTokens(part.text), 0);
}
