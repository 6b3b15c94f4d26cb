import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BREAK, foldText } from './fold-text.ts';
import { SIMPLIFIED_OF_TRADITIONAL } from './traditional-characters.ts';

function fold(text: string): string {
  const folded = new Uint16Array(text.length);
  const length = foldText(text, folded);
  return String.fromCharCode(...folded.subarray(0, length));
}

describe('folding', () => {
  test.each([
    ['Hello WORLD', 'hello world'],
    ['Ärger, ÉTÉ', 'arger, ete'],
    ['ＡＢＣ！１', 'abc!0'],
    ['a  \t b', 'a b'],
    ['a \n  b', 'a\nb'],
    ['  a', 'a'],
    ['2026-11-23', '0000-00-00'],
    ['“好”。', '"好".'],
    ['請說', '请说'],
    ['👍', '👍'],
  ])('%j is read as %j', (text, expected) => {
    expect(fold(text)).toBe(expected);
  });

  test('never makes a text longer, and folds a folded text into itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = fold(text);
        expect(once.length).toBeLessThanOrEqual(text.length);
        expect(fold(once)).toBe(once);
      }),
      { numRuns: 50 },
    );
  });

  test('stops when there is no room left', () => {
    const folded = new Uint16Array(3);
    expect(foldText('abcdef', folded)).toBe(3);
    expect(String.fromCharCode(...folded)).toBe('abc');
  });

  test('line breaks of all kinds are one', () => {
    expect(fold('a\r\n\u2028b')).toBe(`a${String.fromCharCode(BREAK)}b`);
  });
});

test('the table of Traditional characters holds pairs of one unit each, none of them twice', () => {
  const traditional = Array.from(SIMPLIFIED_OF_TRADITIONAL).filter((_character, index) => index % 2 === 0);
  expect(SIMPLIFIED_OF_TRADITIONAL.length % 2).toBe(0);
  expect(Array.from(SIMPLIFIED_OF_TRADITIONAL)).toHaveLength(SIMPLIFIED_OF_TRADITIONAL.length);
  expect(new Set(traditional).size).toBe(traditional.length);
});
