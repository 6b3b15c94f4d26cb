import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gather, splitBlock } from './split-block.ts';

describe('splitBlock', () => {
  it('leaves what fits alone', () => {
    expect(splitBlock({ kind: 'paragraph', lines: ['a', 'b'] }, 10)).toEqual(['a\nb']);
  });

  it('cuts a paragraph at sentences, Chinese ones without a space between', () => {
    expect(splitBlock({ kind: 'paragraph', lines: ['One two. Three four. Five.'] }, 21)).toEqual([
      'One two. Three four.',
      'Five.',
    ]);
    expect(splitBlock({ kind: 'paragraph', lines: ['第一句。第二句。第三句。'] }, 8)).toEqual([
      '第一句。第二句。',
      '第三句。',
    ]);
  });

  it('cuts a list at its items and keeps what is indented under one', () => {
    const lines = ['- one', '  more', '- two', '- three'];
    expect(splitBlock({ kind: 'list', lines }, 14)).toEqual(['- one\n  more', '- two\n- three']);
  });

  it('repeats the head of a cut table', () => {
    const row = `| ${'x'.repeat(60)} | y |`;
    const parts = splitBlock({ kind: 'table', lines: ['| a | b |', '|---|---|', row, row, row] }, 100);
    expect(parts).toEqual([row, row, row].map((line) => `| a | b |\n|---|---|\n${line}`));
  });

  it('keeps code whole up to twice the limit, then repeats the fences', () => {
    const line = 'y'.repeat(50);
    const short = ['```js', line, line, '```'];
    expect(splitBlock({ kind: 'code', lines: short }, 100)).toEqual([short.join('\n')]);
    const long = ['```js', ...Array.from({ length: 5 }, () => line), '```'];
    const parts = splitBlock({ kind: 'code', lines: long }, 100);
    expect(parts.length).toBe(5);
    for (const part of parts) expect(part).toBe(`\`\`\`js\n${line}\n\`\`\``);
  });

  it('cuts a sentence without end where it must, never inside a character', () => {
    const parts = splitBlock({ kind: 'paragraph', lines: ['😀'.repeat(25)] }, 10);
    expect(parts.join('')).toBe('😀'.repeat(25));
    for (const part of parts) expect(part).toMatch(/^(?:😀)+$/u);
  });

  it('loses no word of a paragraph', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,12}[.,]?$/), { minLength: 1 }), (words) => {
        const parts = splitBlock({ kind: 'paragraph', lines: [words.join(' ')] }, 40);
        expect(parts.join(' ').replaceAll(/\s+/g, '')).toBe(words.join(''));
      }),
    );
  });
});

describe('gather', () => {
  it('joins neighbours up to the limit', () => {
    expect(gather(['aa', 'bb', 'cc'], 5, '-')).toEqual(['aa-bb', 'cc']);
    expect(gather([], 5, '-')).toEqual([]);
  });
});
