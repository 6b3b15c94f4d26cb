import { describe, expect, it } from 'vitest';
import { createFormat } from './create-format.ts';

/** No-break spaces as plain ones, to compare. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('createFormat', () => {
  it.each([
    [0, '0 ms', '0 毫秒'],
    [0.004, '< 0.01 ms', '< 0.01 毫秒'],
    [0.4, '0.4 ms', '0.4 毫秒'],
    [4.123, '4.12 ms', '4.12 毫秒'],
    [212.4, '212 ms', '212 毫秒'],
    [999.4, '999 ms', '999 毫秒'],
    [999.6, '1 s', '1 秒'],
    [1240, '1.24 s', '1.24 秒'],
    [61_000, '61 s', '61 秒'],
    [1_200_000, '1,200 s', '1,200 秒'],
  ])('writes %d ms as "%s" and "%s"', (durationMs, inEnglish, inChinese) => {
    expect(plain(createFormat('en').duration(durationMs))).toBe(inEnglish);
    expect(plain(createFormat('zh').duration(durationMs))).toBe(inChinese);
  });

  it('writes numbers, scores and times', () => {
    const unixMilliseconds = new Date(2026, 10, 23, 18, 5).getTime();
    const en = createFormat('en');
    const zh = createFormat('zh');
    expect([en.number(1036), en.score(0.9), zh.number(1036), zh.score(1)]).toEqual([
      '1,036',
      '0.90',
      '1,036',
      '1.00',
    ]);
    expect(en.dateTime(unixMilliseconds)).toMatch(/^Nov 23, 2026, 6:05\sPM$/);
    expect(zh.dateTime(unixMilliseconds)).toBe('2026年11月23日 18:05');
  });
});
