const HOMOGLYPHS: Readonly<Record<string, string>> = {
  a: 'а',
  c: 'с',
  e: 'е',
  i: 'і',
  o: 'о',
  p: 'р',
  x: 'х',
  y: 'у',
};
const LEET: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };
const ZERO_WIDTH_SPACE = '\u200b';
const FULL_WIDTH_OFFSET = 0xfee0;

/** Ways to hide a text from a filter and not from a model, each with what it does to a text. */
export const OBFUSCATIONS: Readonly<Record<string, (text: string) => string>> = {
  base64: (text) => Buffer.from(text).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  url: (text) => Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  html: (text) => mapCharacters(text, (character) => `&#${character.codePointAt(0) ?? 0};`),
  rot13: (text) => text.replace(/[a-z]/gi, rotate),
  reversed: (text) => Array.from(text).toReversed().join(''),
  leet: (text) => mapCharacters(text, (character) => LEET[character.toLowerCase()] ?? character),
  spaced: (text) =>
    text
      .split(/\s+/)
      .map((word) => Array.from(word).join(' '))
      .join('   '),
  'full-width': (text) =>
    text.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + FULL_WIDTH_OFFSET)),
  'zero-width': (text) => Array.from(text).join(ZERO_WIDTH_SPACE),
  homoglyph: (text) => mapCharacters(text, (character) => HOMOGLYPHS[character] ?? character),
};

/** Obfuscations that change nothing in ideographs: their share of Chinese attacks would only repeat the plain one. */
export const LATIN_ONLY: readonly string[] = ['rot13', 'leet', 'full-width', 'homoglyph'];

function mapCharacters(text: string, change: (character: string) => string): string {
  return Array.from(text, change).join('');
}

function rotate(letter: string): string {
  const first = letter < 'a' ? 65 : 97;
  return String.fromCharCode(first + ((letter.charCodeAt(0) - first + 13) % 26));
}
