import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { edited, editsFor, plainView, renamed, reversed, type View } from './view.ts';

const TEXT = 'one TWO three FOUR';
const plain = plainView(TEXT);

/** What a piece of a view was in the text that came in. */
function sourceOf(view: View, piece: string, text: string = TEXT): string {
  const start = view.text.indexOf(piece);
  expect(start).toBeGreaterThanOrEqual(0);
  const span = view.sourceSpan(start, start + piece.length);
  return text.slice(span.start, span.end);
}

describe('a view', () => {
  test('of the text itself has the same positions', () => {
    expect(plain.sourceSpan(4, 7)).toEqual({ start: 4, end: 7 });
  });

  test('with shorter, longer and equal edits leads back to what was there', () => {
    const longer = edited(
      plain,
      'html',
      editsFor(TEXT, /[A-Z]+/g, (match) => `<${match}!>`),
    );
    expect(longer.text).toBe('one <TWO!> three <FOUR!>');
    expect(sourceOf(longer, 'one')).toBe('one');
    expect(sourceOf(longer, 'three')).toBe('three');
    expect(sourceOf(longer, '!')).toBe('TWO');
    expect(sourceOf(longer, '<TWO!> thr')).toBe('TWO thr');
    const shorter = edited(
      plain,
      'html',
      editsFor(TEXT, /[A-Z]+/g, () => ''),
    );
    expect(shorter.text).toBe('one  three ');
    expect(sourceOf(shorter, 'one')).toBe('one');
    expect(sourceOf(shorter, 'three')).toBe('three');
    const equal = edited(
      plain,
      'rot13',
      editsFor(TEXT, /[A-Z]+/g, (match) => match.toLowerCase()),
    );
    expect(sourceOf(equal, 'wo')).toBe('WO');
  });

  test('of a view leads back through both', () => {
    const first = edited(
      plain,
      'html',
      editsFor(TEXT, /TWO/g, () => '2'),
    );
    const second = edited(
      first,
      'url',
      editsFor(first.text, /three/g, () => '3'),
    );
    expect(second.text).toBe('one 2 3 FOUR');
    expect(sourceOf(second, '2 3')).toBe('TWO three');
    expect(sourceOf(second, 'FOUR')).toBe('FOUR');
  });

  test('read backwards leads back to the same letters', () => {
    const view = reversed(plain);
    expect(view.text).toBe('RUOF eerht OWT eno');
    expect(sourceOf(view, 'eerht')).toBe('three');
  });

  test('under another name is the same otherwise', () => {
    const view = renamed(plain, 'base64');
    expect([view.kind, view.text, view.sourceSpan(1, 2)]).toEqual(['base64', TEXT, { start: 1, end: 2 }]);
  });

  test('without a replacement for a match, or with the same, has no edit', () => {
    expect(editsFor(TEXT, /[A-Z]+/g, () => undefined)).toEqual([]);
    expect(editsFor(TEXT, /[A-Z]+/g, (match) => match)).toEqual([]);
  });

  test('leads every range back into the text, and what was not edited to itself', () => {
    const edits = fc.constantFrom('', 'x', 'yy', 'zzzz');
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii' }),
        edits,
        fc.nat(),
        fc.nat(),
        (text, by, from, length) => {
          const view = edited(
            plainView(text),
            'html',
            editsFor(text, /[a-e]+/g, () => by),
          );
          if (view.text === '') return;
          const start = from % view.text.length;
          const end = Math.min(view.text.length, start + 1 + (length % 5));
          const span = view.sourceSpan(start, end);
          expect(span.start).toBeLessThan(span.end);
          expect(span.end).toBeLessThanOrEqual(text.length);
          const piece = view.text.slice(start, end);
          // Where nothing was edited, the very letters; where something was, no others than those that were.
          const letters = piece.replace(/[xyz]/g, '');
          expect(text.slice(span.start, span.end).replace(/[a-exyz]/g, '')).toBe(letters);
        },
      ),
    );
  });
});
