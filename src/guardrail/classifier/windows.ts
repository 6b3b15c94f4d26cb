import { isHan, type FeatureBuffer } from './features.ts';

/** Languages that have thresholds of their own; every text without many ideographs is judged as English. */
export type ScoredLanguage = 'en' | 'zh';

/** A range of folded positions and the language most of it is in. */
export interface TextWindow {
  readonly start: number;
  readonly end: number;
  readonly language: ScoredLanguage;
}

/** Length of a window; an attack inside a long harmless text must fill a good part of it. */
const WINDOW_LENGTH = 280;
/** Ideographs say more in one character than letters do. */
const HAN_WINDOW_LENGTH = 140;
/** With a larger share of ideographs a text, or a window of it, is taken for Chinese. */
const HAN_SHARE = 0.2;

/** Windows of a text whose features were extracted, each half over the next; the last one ends with the text. */
export function windowsOf(buffer: FeatureBuffer): TextWindow[] {
  const size = languageOf(buffer, 0, buffer.length) === 'zh' ? HAN_WINDOW_LENGTH : WINDOW_LENGTH;
  const last = Math.max(0, buffer.length - size);
  const windows: TextWindow[] = [];
  for (let start = 0; start < last; start += size / 2) windows.push(windowAt(buffer, start, size));
  return [...windows, windowAt(buffer, last, size)];
}

function windowAt(buffer: FeatureBuffer, start: number, size: number): TextWindow {
  const end = Math.min(buffer.length, start + size);
  return { start, end, language: languageOf(buffer, start, end) };
}

function languageOf({ folded }: FeatureBuffer, start: number, end: number): ScoredLanguage {
  let ideographs = 0;
  for (let position = start; position < end; position += 1)
    if (isHan(folded[position] as number)) ideographs += 1;
  return ideographs > HAN_SHARE * (end - start) ? 'zh' : 'en';
}
