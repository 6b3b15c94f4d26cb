import type { Language } from './dictionary.ts';

/** The person's own choice when there is one, else the first language of the browser that the page speaks. */
export function chooseLanguage(chosen: string | null, preferred: readonly string[]): Language {
  if (chosen === 'en' || chosen === 'zh') return chosen;
  const spoken = preferred.map(languageOf).find((language) => language !== undefined);
  return spoken ?? 'en';
}

/** `zh-Hant-TW` and `zh-CN` are both Chinese here: the page has one form of it. */
function languageOf(tag: string): Language | undefined {
  const primary = tag.toLowerCase().split('-')[0];
  return primary === 'en' || primary === 'zh' ? primary : undefined;
}
