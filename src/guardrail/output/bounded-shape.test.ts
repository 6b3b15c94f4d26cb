import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileShape, literal, type Shape } from './bounded-shape.ts';
import { PERSONAL_RULES } from './personal-rules.ts';
import { SECRET_RULES } from './secret-rules.ts';

const SHAPE: Shape = {
  pieces: [...literal('k-'), ['[0-9]', 2, 4], [' ', 0, 1], ['[A-Z]', 1, 1]],
  notAfter: '[a-z]',
};

function matches(pattern: RegExp, text: string, at = 0): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

describe('a shape', () => {
  const { whole, partial, longest } = compileShape(SHAPE);

  test.each(['k-12A', 'k-1234 A', 'k-123A and more'])('is found whole: %s', (text) => {
    expect(matches(whole, text)).toBe(true);
  });

  test.each(['k-1A', 'k-12345A', 'k12A', 'k-12  A'])('is not there: %s', (text) => {
    expect([matches(whole, text), matches(partial, text)]).toEqual([false, false]);
  });

  test.each(['k', 'k-', 'k-1', 'k-12', 'k-1234', 'k-12 '])('may begin with %s', (text) => {
    expect([matches(whole, text), matches(partial, text)]).toEqual([false, true]);
  });

  test('is not there behind what must not stand before it', () => {
    expect([matches(whole, 'ak-12A', 1), matches(whole, ' k-12A', 1)]).toEqual([false, true]);
  });

  test('is no longer than the sum of its pieces', () => {
    expect(longest).toBe(8);
  });

  test('with an end is open while it may go on', () => {
    const closed = compileShape({ ...SHAPE, notBefore: '[A-Z]' });
    expect(matches(closed.partial, 'k-12A')).toBe(true);
    expect(matches(closed.partial, 'k-12A ')).toBe(false);
    expect([matches(closed.whole, 'k-12A '), matches(closed.whole, 'k-12AB')]).toEqual([true, false]);
  });
});

/** A text of a shape, piece by piece. */
function textOf({ pieces }: Shape): fc.Arbitrary<string> {
  return fc
    .tuple(...pieces.map(([set, least, most]) => fc.stringMatching(new RegExp(`^${set}{${least},${most}}$`))))
    .map((parts) => parts.join(''));
}

describe.each(
  [...SECRET_RULES, ...PERSONAL_RULES].map((rule, index) => [`${rule.rule} ${index}`, rule] as const),
)('%s', (_name, rule) => {
  const { whole, partial, start } = compileShape(rule);

  test('every beginning of every text of it is known as one, and is worth a look', () => {
    fc.assert(
      fc.property(textOf(rule), (text) => {
        expect(matches(whole, text), text).toBe(true);
        for (let length = 1; length < text.length; length += 1) {
          const begun = text.slice(0, length);
          expect(matches(partial, begun) || matches(whole, begun), begun).toBe(true);
          expect(new RegExp(start).exec(begun)?.index, begun).toBe(0);
        }
      }),
      { numRuns: 40 },
    );
  });
});
