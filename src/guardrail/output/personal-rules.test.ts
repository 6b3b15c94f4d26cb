import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isCardNumber, isIdentityNumber } from './personal-rules.ts';

describe('an identity number', () => {
  test.each([
    '11010519491231002X',
    '11010519491231002x',
    '440524188001010014',
    '４４０５２４１８８００１０１００１４',
  ])('is real: %s', (text) => {
    expect(isIdentityNumber(text)).toBe(true);
  });

  test.each(['110105194912310021', '11010519491331002X', '11010519491200002X', '1101051949123100', ''])(
    'is none: %s',
    (text) => {
      expect(isIdentityNumber(text)).toBe(false);
    },
  );

  test('has one right check character of eleven', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9]\d{5}19\d{2}0[1-9]1\d\d{3}$/), (body) => {
        const real = Array.from('0123456789X').filter((check) => isIdentityNumber(body + check));
        expect(real).toHaveLength(1);
      }),
    );
  });
});

describe('a card number', () => {
  test.each(['4111 1111 1111 1111', '5555-5555-5555-4444', '378282246310005', '6222021234567890128'])(
    'is real: %s',
    (text) => {
      expect(isCardNumber(text)).toBe(true);
    },
  );

  test.each(['4111 1111 1111 1112', '1234567812345670', '0000000000000000'])('is none: %s', (text) => {
    expect(isCardNumber(text)).toBe(false);
  });

  test('with one digit changed is none any more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 15 }), fc.integer({ min: 1, max: 9 }), (at, by) => {
        const digits = Array.from('4111111111111111');
        digits[at] = String((Number(digits[at]) + by) % 10);
        expect(isCardNumber(digits.join(''))).toBe(false);
      }),
    );
  });
});
