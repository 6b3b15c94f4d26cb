/** Languages in which the gateway explains itself. */
export type Language = 'en' | 'zh';

/** What a text is written in, as far as guards and their metrics tell languages apart. */
export type TextLanguage = Language | 'other';

/** Enough of a text to tell its language by. */
const SAMPLE_CHARACTERS = 4096;

/** Chinese when the text has Han characters, English when it has Latin letters, else another. */
export function textLanguageOf(text: string): TextLanguage {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  if (/\p{Script=Han}/u.test(sample)) return 'zh';
  return /\p{Script=Latin}/u.test(sample) ? 'en' : 'other';
}

/** Chinese when the text has Han characters, else English. */
export function languageOf(text: string): Language {
  return /\p{Script=Han}/u.test(text) ? 'zh' : 'en';
}
