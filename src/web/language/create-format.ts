import type { Language } from './dictionary.ts';

/** Numbers, durations and times as the language writes them. */
export interface Format {
  readonly number: (value: number) => string;
  readonly duration: (milliseconds: number) => string;
  readonly score: (value: number) => string;
  readonly dateTime: (unixMilliseconds: number) => string;
}

/** From here on a duration is told in seconds; an answer that takes minutes is still compared in seconds. */
const SECONDS_FROM_MS = 999.5;
/** Below this, three digits would read as nothing. */
const LEAST_DURATION_MS = 0.01;

/** Makes the formats of one language once, so that a render builds no `Intl` object. */
export function createFormat(language: Language): Format {
  const locale = language === 'zh' ? 'zh-CN' : 'en';
  const number = new Intl.NumberFormat(locale);
  const score = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const milliseconds = unitFormat(locale, 'millisecond');
  const seconds = unitFormat(locale, 'second');
  return {
    number: (value) => number.format(value),
    score: (value) => score.format(value),
    dateTime: (unixMilliseconds) => dateTime.format(unixMilliseconds),
    duration(durationMs) {
      if (durationMs > 0 && durationMs < LEAST_DURATION_MS) return `< ${milliseconds(LEAST_DURATION_MS)}`;
      return durationMs < SECONDS_FROM_MS ? milliseconds(durationMs) : seconds(durationMs / 1000);
    },
  };
}

/** English puts `s` and `ms` without a space in its narrow form, `sec` in its short one: neither reads well. */
function unitFormat(locale: string, unit: string): (amount: number) => string {
  const unitDisplay = locale === 'en' ? 'narrow' : 'short';
  const format = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay,
    maximumFractionDigits: 2,
  });
  return (amount) =>
    format
      .formatToParts(roundDuration(amount))
      .map(({ type, value }) => (type === 'unit' ? `\u00a0${value}` : value))
      .join('');
}

/** Three digits are enough to compare steps: 0.42, 4.1, 212. */
function roundDuration(amount: number): number {
  if (amount >= 100) return Math.round(amount);
  return amount >= 1 ? Number(amount.toPrecision(3)) : Math.round(amount * 100) / 100;
}
