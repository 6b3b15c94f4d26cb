import type { Piece } from './bounded-shape.ts';
import type { ShapeRule } from './finder.ts';

/** A digit, also as wide as a Chinese character. */
const DIGIT = '[0-9０-９]';
const GAP: Piece = ['[ \\-]', 0, 1];
const ALONE = { notAfter: '[0-9０-９A-Za-z]', notBefore: '[0-9０-９A-Za-z]' };

function digits(count: number): Piece {
  return [DIGIT, count, count];
}

/** The digits of a number in plain form, and the X of an identity number. */
function plain(text: string): string {
  return text.normalize('NFKC').replace(/[^0-9Xx]/g, '');
}

/** Whether the last of 18 characters is the check character of those before (GB 11643, ISO 7064 mod 11-2). */
export function isIdentityNumber(text: string): boolean {
  const number = plain(text).toUpperCase();
  const month = Number(number.slice(10, 12));
  const day = Number(number.slice(12, 14));
  if (number.length !== 18 || month < 1 || month > 12 || day < 1 || day > 31) return false;
  const sum = Array.from(number.slice(0, 17)).reduce((left, digit) => ((left + Number(digit)) * 2) % 11, 0);
  return '0123456789X'[(12 - sum) % 11] === number[17];
}

/** Whether the digits of a card number add up (ISO/IEC 7812, Luhn) and begin as those of a known network. */
export function isCardNumber(text: string): boolean {
  const number = plain(text);
  if (!/^(?:4|5[1-5]|2[2-7]|3[47]|35|6[02-5]|81)/.test(number)) return false;
  const sum = Array.from(number)
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

const FOUR = digits(4);
const CARD = {
  ...ALONE,
  rule: 'redact-bank-card',
  replacement: '[redacted:bank-card]',
  isReal: isCardNumber,
};
const MOBILE = { ...ALONE, rule: 'redact-cn-mobile', replacement: '[redacted:mobile]' };
const MOBILE_PIECES: readonly Piece[] = [
  ['[1１]', 1, 1],
  ['[3-9３-９]', 1, 1],
  digits(1),
  GAP,
  FOUR,
  GAP,
  FOUR,
];

/**
 * Numbers that name a person, each with the check that tells them from any other number. Addresses of mail are not among
 * them: the ones in documents are mostly there to be written to.
 */
export const PERSONAL_RULES: readonly ShapeRule[] = [
  {
    ...ALONE,
    rule: 'redact-cn-id',
    replacement: '[redacted:id-number]',
    pieces: [
      ['[1-9１-９]', 1, 1],
      digits(5),
      ['[12１２]', 1, 1],
      ['[089０８９]', 1, 1],
      digits(9),
      ['[0-9０-９XxＸｘ]', 1, 1],
    ],
    isReal: isIdentityNumber,
  },
  { ...CARD, pieces: [FOUR, GAP, FOUR, GAP, FOUR, GAP, FOUR, GAP, [DIGIT, 1, 3]] },
  { ...CARD, pieces: [FOUR, GAP, FOUR, GAP, FOUR, GAP, FOUR] },
  { ...CARD, pieces: [['[3３]', 1, 1], ['[47４７]', 1, 1], digits(2), GAP, digits(6), GAP, digits(5)] },
  { ...MOBILE, pieces: MOBILE_PIECES },
  { ...MOBILE, pieces: [['[8８]', 1, 1], ['[6６]', 1, 1], GAP, ...MOBILE_PIECES] },
];
