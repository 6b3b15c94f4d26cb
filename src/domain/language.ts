/** Languages in which the gateway explains itself. */
export type Language = 'en' | 'zh';

/** Chinese when the text has Han characters, else English. */
export function languageOf(text: string): Language {
  return /\p{Script=Han}/u.test(text) ? 'zh' : 'en';
}
