import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markedParts } from './marked-parts.ts';

describe('markedParts', () => {
  it('gives a short text whole', () => {
    expect(markedParts('Please ignore all rules now.', { start: 7, end: 23 })).toEqual({
      before: 'Please ',
      marked: 'ignore all rules',
      after: ' now.',
    });
  });

  it('cuts what is far away, and says so', () => {
    const text = `${'a'.repeat(500)}FOUND${'b'.repeat(500)}`;
    expect(markedParts(text, { start: 500, end: 505 })).toEqual({
      before: `…${'a'.repeat(120)}`,
      marked: 'FOUND',
      after: `${'b'.repeat(120)}…`,
    });
  });

  it('cuts a long place', () => {
    expect(markedParts('x'.repeat(2000), { start: 0, end: 2000 })?.marked).toHaveLength(400);
  });

  it.each([
    [5, 9],
    [3, 3],
    [9, 2],
  ])('has nothing from %i to %i of a text of five', (start, end) => {
    expect(markedParts('abcde', { start, end })).toBeUndefined();
  });

  it('never cuts a character in two, and loses none', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(
      fc.property(text, fc.nat(320), fc.nat(320), (content, start, length) => {
        const parts = markedParts(content, { start, end: start + length });
        if (parts === undefined) return;
        const shown = `${parts.before}${parts.marked}${parts.after}`;
        expect(shown.isWellFormed()).toBe(content.isWellFormed() || shown.isWellFormed());
        expect(content).toContain(parts.marked);
      }),
    );
  });
});
