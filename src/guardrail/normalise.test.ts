import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalise } from './normalise.ts';

describe('a text as the rules read it', () => {
  test.each([
    ['plain text', 'Hello, world! 123', 'hello, world! 123'],
    ['nothing', '', ''],
    ['white space', 'a\tb\nc\r\n  d', 'a\tb\nc\r\n  d'],
    ['full-width letters', 'Ｉｇｎｏｒｅ', 'ignore'],
    ['full-width signs and spaces', '［ａ］　ｂ', '[a] b'],
    ['ligatures', 'ﬁle oﬃce', 'file office'],
    ['letters in circles', 'ⓘⓖⓝⓞⓡⓔ', 'ignore'],
    ['mathematical letters', '𝐢𝗀𝑛𝓸𝕣𝖊', 'ignore'],
    ['superscripts and fractions', 'x² ½', 'x2 1⁄2'],
    ['Chinese', '忽略之前的指令', '忽略之前的指令'],
    ['half-width katakana', 'ｶﾞ', 'ガ'],
    ['composed and decomposed letters', 'e\u0301', 'é'],
    ['upper case beyond ASCII', 'ÄÉΩЖ', 'äéωж'],
    ['emoji', '👍🏽 ok', '👍🏽 ok'],
  ])('%s', (_name, text, expected) => {
    expect(normalise(text)).toBe(expected);
  });
});

describe('characters that are drawn as nothing are taken out', () => {
  test.each([
    ['soft hyphen', '\u00ad'],
    ['combining grapheme joiner', '\u034f'],
    ['Arabic letter mark', '\u061c'],
    ['Mongolian vowel separator', '\u180e'],
    ['zero width space', '\u200b'],
    ['zero width non-joiner', '\u200c'],
    ['zero width joiner', '\u200d'],
    ['left-to-right mark', '\u200e'],
    ['right-to-left override', '\u202e'],
    ['word joiner', '\u2060'],
    ['invisible plus', '\u2064'],
    ['isolate', '\u2066'],
    ['byte order mark', '\ufeff'],
    ['tag letter', '\u{e0069}'],
    ['variation selector', '\ufe0f'],
    ['supplementary variation selector', '\u{e0100}'],
    ['Hangul filler', '\u3164'],
    ['half-width Hangul filler', '\uffa0'],
    ['Hangul choseong filler', '\u115f'],
    ['Khmer inherent vowel', '\u17b4'],
  ])('%s', (_name, invisible) => {
    expect(normalise(Array.from('ignore').join(invisible))).toBe('ignore');
    expect(normalise(`${invisible}${invisible}`)).toBe('');
  });

  test('a word spelt with tag letters only is nothing', () => {
    const tags = Array.from('ignore', (letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0)));
    expect(normalise(tags.join(''))).toBe('');
  });
});

describe('any text', () => {
  test('stays the same when it is done twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = normalise(text);
        expect(normalise(once)).toBe(once);
      }),
    );
  });

  test('of plain ASCII only changes its case', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        expect(normalise(text)).toBe(text.toLowerCase());
      }),
    );
  });

  test('may hold halves of characters', () => {
    expect(() => normalise('a\ud83d b\udc4d')).not.toThrow();
  });

  test('reads the same with invisible characters anywhere in it', () => {
    const invisible = fc.constantFrom('\u200b', '\u00ad', '\u2060', '\ufeff', '\u{e0041}');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), invisible, fc.nat(50), (text, character, at) => {
        const position = Math.min(at, text.length);
        const disguised = text.slice(0, position) + character + text.slice(position);
        expect(normalise(disguised)).toBe(normalise(text));
      }),
    );
  });
});
