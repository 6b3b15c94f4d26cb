/** The languages the handbook and the embedded model speak. */
export type Language = 'en' | 'zh';

const HAN = /\p{Script=Han}/gu;
const LATIN_WORD = /\p{Script=Latin}+/gu;

/**
 * Which language a text is in: Chinese when it has at least as many Chinese characters as half its Latin words,
 * because a Chinese question about this system is full of English names.
 */
export function languageOf(text: string): Language {
  const han = text.match(HAN)?.length ?? 0;
  const latinWords = text.match(LATIN_WORD)?.length ?? 0;
  return han > 0 && han * 2 >= latinWords ? 'zh' : 'en';
}
