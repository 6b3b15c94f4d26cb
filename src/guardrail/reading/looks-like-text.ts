/** Letters, marks and signs that people write; a decoded picture or key is full of others. */
const READABLE = /[\p{L}\p{M}\p{N}\p{P}\p{Zs}\n\r\t$+<=>|`~^]/gu;
/** As much of a text as decides. */
const SAMPLE = 400;

/** Random bytes are next to never all plain ASCII; another code, which has no words, is. */
const PLAIN = /^[\x20-\x7e\s]{16,}$/;

/** Whether decoded bytes read as text: nearly all of it readable, and with words or ideographs in it or all plain. */
export function looksLikeText(text: string): boolean {
  const sample = text.slice(0, SAMPLE).normalize('NFKC');
  if (sample.length < 4) return false;
  const readable = sample.match(READABLE)?.join('').length ?? 0;
  if (readable < sample.length * 0.95) return false;
  return PLAIN.test(sample) || /[a-z]{3}/i.test(sample) || /\p{Script=Han}{2}/u.test(sample);
}
