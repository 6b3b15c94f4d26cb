import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTokens, textPieces } from './text-pieces.ts';

describe('textPieces', () => {
  it('gives words with the space before them and Chinese by twos', () => {
    expect(textPieces('The gateway\n\n- 网关变慢了 [1] ')).toEqual([
      'The',
      ' gateway',
      '\n\n-',
      ' 网关',
      '变慢',
      '了',
      ' [1]',
      ' ',
    ]);
    expect(textPieces('')).toEqual([]);
  });

  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textPieces(text).join('')).toBe(text);
      }),
    );
  });
});

describe('estimateTokens', () => {
  it.each([
    ['', 0],
    ['  \n', 0],
    ['word', 1],
    ['words', 2],
    ['two words', 3],
    ['网关变慢', 4],
    ['网关 slow', 3],
  ])('%j → %i', (text, tokens) => {
    expect(estimateTokens(text)).toBe(tokens);
  });

  it('is the same for a text and for its pieces together', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const sum = textPieces(text).reduce((tokens, piece) => tokens + estimateTokens(piece), 0);
        expect(sum).toBe(estimateTokens(text));
      }),
    );
  });
});
