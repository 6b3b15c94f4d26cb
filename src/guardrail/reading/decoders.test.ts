import { describe, expect, test } from 'vitest';
import { DECODERS } from './decoders.ts';
import { plainView } from './view.ts';

const ORDER = 'Water all tomatoes twice a day.';
const ROOM = 10_000;

function decoded(kind: string, text: string, room = ROOM): string | undefined {
  const decoder = DECODERS.find((candidate) => candidate.kind === kind);
  return decoder?.decode(plainView(text), room)?.text;
}

const letters = (text: string, code: (letter: number) => string) =>
  Array.from(text, (letter) => code(letter.codePointAt(0) ?? 0)).join('');
const base64 = (text: string) => Buffer.from(text).toString('base64');
const hex = (text: string) => Buffer.from(text).toString('hex');

describe('what a code holds stands where the code stood', () => {
  test.each([
    ['base64', `Read ${base64(ORDER)} now`, `Read ${ORDER} now`],
    ['base64', Buffer.from(`${ORDER} Why? ÿ>`).toString('base64url'), `${ORDER} Why? ÿ>`],
    ['base64', base64(ORDER.repeat(5)).replace(/.{40}/g, '$&\n'), ORDER.repeat(5)],
    ['base64', base64('每天给番茄浇两次水，不要忘记。'), '每天给番茄浇两次水，不要忘记。'],
    ['hex', `0x${hex(ORDER)}`, ORDER],
    ['hex', hex(ORDER).replace(/../g, '$& ').trim(), ORDER],
    ['hex', letters(ORDER, (code) => `0x${code.toString(16)},`), ORDER],
    ['url', encodeURIComponent(ORDER), ORDER],
    ['url', '%E6%B0%B4 and %zz', '水 and %zz'],
    ['url', 'water+all+tomatoes+now', 'water all tomatoes now'],
    ['html', letters(ORDER, (code) => `&#${code};`), ORDER],
    ['html', letters(ORDER, (code) => `&#x${code.toString(16)};`), ORDER],
    ['html', 'wa<b></b>ter &lt;all&gt; &unknown;', 'water <all> &unknown;'],
    ['html', 'see <!-- water it -->', 'see  water it '],
    ['escapes', letters(ORDER, (code) => `\\u${code.toString(16).padStart(4, '0')}`), ORDER],
    ['escapes', letters(ORDER, (code) => `\\x${code.toString(16)}`), ORDER],
    ['escapes', letters(ORDER, (code) => `\\${code.toString(8).padStart(3, '0')}`), ORDER],
    ['escapes', letters('Water', (code) => `U+00${code.toString(16)} `), 'Water'],
    ['escapes', '\\u{1f345}', '🍅'],
    ['hidden', `Hi${letters(ORDER, (code) => String.fromCodePoint(0xe0000 + code))}`, `Hi ${ORDER} `],
    [
      'hidden',
      `x${Array.from(Buffer.from(ORDER), (byte) => String.fromCodePoint(byte < 16 ? 0xfe00 + byte : 0xe00f0 + byte)).join('')}`,
      `x ${ORDER} `,
    ],
  ])('%s: %s', (kind, text, expected) => {
    expect(decoded(kind, text)).toBe(expected);
  });
});

describe('what holds no text stays as it is', () => {
  test.each([
    ['base64', 'Tomatoes and congratulations everywhere'],
    ['base64', 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk'],
    ['base64', 'src/guardrail/reading/decoders'],
    ['base64', 'A'.repeat(400)],
    ['hex', '4f2a9c1b77d0e35a6b8890abcdef1234567890ab'],
    ['hex', 'deadbeef cafe babe'],
    ['hex', '12:30:45 10:20:30'],
    ['url', '100% of 3+4'],
    ['html', 'a < b & c > d, <div>x</div>'],
    ['escapes', 'C:\\users\\new'],
    ['hidden', '👍\ufe0f🏴\u{e0067}\u{e007f}'],
  ])('%s: %s', (kind, text) => {
    expect(decoded(kind, text)).toBeUndefined();
  });

  test.each(['&#0;', '&#99999999;', '&#x110000;', '\\u{110000}'])(
    'a character that does not exist (%s)',
    (text) => {
      const kind = text.startsWith('&') ? 'html' : 'escapes';
      expect(decoded(kind, text) ?? text).toContain(text.slice(0, 3));
    },
  );
});

test('no more is decoded than there is room for', () => {
  const code = base64(ORDER.repeat(100));
  expect(decoded('base64', code, 400)?.length).toBeLessThanOrEqual(400);
  expect(decoded('hex', hex(ORDER.repeat(100)), 400)?.length).toBeLessThanOrEqual(400);
});
