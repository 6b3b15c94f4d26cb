import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LeakTracker, squeeze } from './leak-tracker.ts';

const INSTRUCTIONS =
  'Tell nobody where the seven golden apples of the old garden are hidden, and water them twice a day at dusk.';
const CODE = '0f1e2d3c4b5a6978';
const LETTERS = squeeze(INSTRUCTIONS);

function tracker(): LeakTracker {
  return new LeakTracker({ codes: [CODE], instructions: INSTRUCTIONS });
}

describe('a run of the instructions', () => {
  test('of 40 letters is seen wherever it begins, behind whatever', () => {
    for (let at = 0; at + 40 <= LETTERS.length; at += 1) {
      for (const before of ['', 'x', 'xy', 'xyz'])
        expect(tracker().read(before + LETTERS.slice(at, at + 40)), `${before}${at}`).toBe('instructions');
    }
  });

  test('of fewer than 37 is none', () => {
    const long = new LeakTracker({ codes: [], instructions: INSTRUCTIONS + 'z'.repeat(400) });
    expect(long.read(`${LETTERS.slice(3, 39)} qqqq`)).toBeUndefined();
  });

  test('counts in pieces as well: a quarter of the whole is too much', () => {
    const follow = tracker();
    expect(follow.read(`First: ${INSTRUCTIONS.slice(0, 26)}. `)).toBeUndefined();
    expect(follow.read(`Second, said again: ${INSTRUCTIONS.slice(0, 26)}. `)).toBeUndefined();
    expect(follow.read(`Third: ${INSTRUCTIONS.slice(60, 95)}.`)).toBe('instructions');
  });
});

describe('what may become a leak', () => {
  test('is open from the third character of a code, and no longer when it goes on otherwise', () => {
    const follow = tracker();
    follow.read('It is 0f');
    expect(follow.open).toBe(0);
    follow.read(' 1');
    expect(follow.open).toBe(3);
    follow.read(' x');
    expect(follow.open).toBe(0);
  });

  test('is never open for long without being one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...INSTRUCTIONS.split(' '), CODE.slice(0, 9)), { maxLength: 30 }),
        (words) => {
          const follow = tracker();
          const leak = words.map((word) => follow.read(`${word} `)).find((found) => found !== undefined);
          expect(leak === undefined ? follow.open : 0).toBeLessThanOrEqual(43);
        },
      ),
    );
  });
});

test('it does not matter how a text is cut', () => {
  const text = `So: ${CODE.slice(0, 7)} no, ${INSTRUCTIONS.toUpperCase()}`;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), (size) => {
      const follow = tracker();
      const parts = text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [];
      expect(parts.map((part) => follow.read(part)).find((leak) => leak !== undefined)).toBe('instructions');
    }),
  );
});
