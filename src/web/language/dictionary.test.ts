import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../errors/codes.ts';
import { chinese } from './chinese.ts';
import { english } from './english.ts';

const PAGE_CODES = ['unreachable', 'stream_incomplete', 'stream_invalid'];

/** All texts by path; a text made by a function is made with values that can be found again in it. */
function textsOf(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String(value(...[7, '8', '9'].slice(0, value.length)))]];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) =>
    textsOf(inner, `${path}/${key}`),
  );
}

describe('the dictionaries', () => {
  it('say the same things in both languages', () => {
    expect(
      textsOf(chinese)
        .map(([path]) => path)
        .sort(),
    ).toEqual(
      textsOf(english)
        .map(([path]) => path)
        .sort(),
    );
  });

  it.each([
    ['English', english],
    ['Chinese', chinese],
  ])('leave nothing empty in %s', (_name, dictionary) => {
    expect(textsOf(dictionary).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('have no Chinese text left in English but the switch', () => {
    const chineseText = textsOf(english).filter(([, text]) => /\p{Script=Han}/u.test(text));
    expect(chineseText.map(([path]) => path)).toEqual(['/otherLanguage', '/switchLanguage']);
  });

  it('have no English sentence left in Chinese but the switch', () => {
    const untranslated = textsOf(chinese).filter(([, text]) => !/\p{Script=Han}/u.test(text));
    expect(untranslated.map(([path]) => path)).toEqual(['/otherLanguage', '/switchLanguage', '/traceId']);
  });

  it('have a sentence for every error a page can meet, and for no other', () => {
    const codes = [...PAGE_CODES, ...Object.keys(ERROR_CODES)].sort();
    expect(Object.keys(english.errors).sort()).toEqual(codes);
    expect(Object.keys(chinese.errors).sort()).toEqual(codes);
  });

  it('count in English', () => {
    expect([english.summary(1, '2 ms'), english.summary(7, '2 ms')]).toEqual([
      '1 step, 2 ms.',
      '7 steps, 2 ms.',
    ]);
    expect([english.tokensOut(1, '1'), english.tokensOut(2, '2')]).toEqual(['1 token', '2 tokens']);
    expect(english.dropped(1)).toContain('question has');
    expect(english.dropped(2)).toContain('questions have');
  });
});
