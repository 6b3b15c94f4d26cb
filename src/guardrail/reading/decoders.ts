import type { ViewKind } from '../../domain/verdict.ts';
import { looksLikeText } from './looks-like-text.ts';
import { edited, editsFor, type View } from './view.ts';

/** Reads what another alphabet hides: a view in which every readable piece stands where its code stood. */
export interface Decoder {
  readonly kind: ViewKind;
  /** Nothing when the text holds no such code, which a cheap look decides for nearly every text. */
  decode(view: View, budget: number): View | undefined;
}

/** So much of a long code is decoded first, to see whether more is worth it. */
const TASTE = 512;

const BASE64 = codeDecoder('base64', {
  hint: /[A-Za-z0-9+/_-]{16}/,
  // The last line of a wrapped block may be short.
  pattern:
    /[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*(?:\r?\n[A-Za-z0-9+/_-]{2,15}(?==|\s|$))?={0,2}/g,
  isCode: (match) => /[A-Z]/.test(match) && /[a-z0-9]/.test(match),
  // A cut falls between whole groups of four characters.
  bytesOf: (match, characters) =>
    Buffer.from(characters < match.length ? match.slice(0, characters & ~3) : match, 'base64'),
});

const HEX = codeDecoder('hex', {
  hint: /[0-9a-f]{2}[ ,:]?(?:0x)?[0-9a-f]{2}[ ,:]?(?:0x)?[0-9a-f]{2}[ ,:]?(?:0x)?[0-9a-f]{2}/i,
  pattern: /(?:(?:0x)?[0-9a-f]{2}[ ,:]?){8,}/gi,
  isCode: (match) => /\d/.test(match),
  bytesOf: (match, characters) => Buffer.from(match.slice(0, characters).replace(/0x|[ ,:]/gi, ''), 'hex'),
});

const URL_CODE = substitution('url', {
  hint: /%[0-9a-f]{2}|\w\+\w+\+\w+\+\w/i,
  pattern: /(?:%[0-9a-f]{2})+|\+/gi,
  replace: (match) => (match === '+' ? ' ' : Buffer.from(match.replaceAll('%', ''), 'hex').toString()),
});

const NAMED_ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  colon: ':',
  comma: ',',
  excl: '!',
  gt: '>',
  lt: '<',
  nbsp: ' ',
  newline: '\n',
  num: '#',
  period: '.',
  quot: '"',
  shy: '',
  tab: '\t',
  zwj: '',
  zwnj: '',
};

const HTML = substitution('html', {
  hint: /&(?:#|[a-z])|<\/?[a-z]|<!--/i,
  // Marks of emphasis inside a word are drawn as nothing; other elements are left as they are.
  pattern:
    /&#\d{1,7};?|&#x[0-9a-f]{1,6};?|&[a-z]{2,8};|<\/?(?:b|i|u|em|strong|span|font|wbr|mark)(?:\s[^<>]{0,80})?\/?>|<!--|-->/gi,
  replace(match) {
    if (!match.startsWith('&')) return '';
    const name = match.slice(1).replace(';', '').toLowerCase();
    if (!name.startsWith('#')) return NAMED_ENTITIES[name];
    return characterOf(name.startsWith('#x') ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10));
  },
});

const ESCAPES = substitution('escapes', {
  hint: /\\[ux0-7]|u\+[0-9a-f]{4}/i,
  pattern: /\\u\{[0-9a-f]{1,6}\}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[0-7]{3}|\bu\+[0-9a-f]{4,5} ?/gi,
  replace(match) {
    const digits = match.replace(/[^0-9a-f]/gi, '');
    return characterOf(parseInt(digits, /^\\[0-7]/.test(match) ? 8 : 16));
  },
});

/** Letters of Unicode's tag block are drawn as nothing; the smallest such message worth a look has four. */
const TAGS = /[\u{e0020}-\u{e007e}]{4,}/gu;
/** Variation selectors, one for a byte: a second alphabet that is drawn as nothing. */
// oxlint-disable-next-line no-misleading-character-class -- each selector for itself: it has no letter here
const SELECTORS = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{6,}/gu;

const HIDDEN = substitution('hidden', {
  // oxlint-disable-next-line no-misleading-character-class -- as above
  hint: /[\u{e0020}-\u{e007e}\u{e0100}-\u{e01ef}]{4}|[\ufe00-\ufe0f]{6}/u,
  pattern: new RegExp(`${TAGS.source}|${SELECTORS.source}`, 'gu'),
  replace(match) {
    const codes = Array.from(match, (character) => character.codePointAt(0) ?? 0);
    if (/^[\u{e0020}-\u{e007e}]/u.test(match))
      return ` ${String.fromCharCode(...codes.slice(0, TASTE).map((code) => code - 0xe0000))} `;
    const bytes = codes.map((code) => (code <= 0xfe0f ? code - 0xfe00 : code - 0xe0100 + 16));
    const text = Buffer.from(bytes).toString();
    return looksLikeText(text) ? ` ${text} ` : undefined;
  },
});

/** Codes whose decoded text may hold another code: each is looked for once more in what these gave. */
export const DECODERS: readonly Decoder[] = [HIDDEN, HTML, ESCAPES, URL_CODE, BASE64, HEX];

/** Bytes in letters: one match is one message, and only a readable one counts. */
function codeDecoder(
  kind: ViewKind,
  code: {
    readonly hint: RegExp;
    readonly pattern: RegExp;
    readonly isCode: (match: string) => boolean;
    readonly bytesOf: (match: string, characters: number) => Buffer;
  },
): Decoder {
  return substitution(kind, {
    ...code,
    replace(match, budget) {
      if (!code.isCode(match)) return undefined;
      if (!looksLikeText(readable(code.bytesOf(match, TASTE)))) return undefined;
      return readable(code.bytesOf(match, Math.min(match.length, budget)));
    },
  });
}

/** Text of bytes without a half character at the end. */
function readable(bytes: Buffer): string {
  return bytes.toString().replace(/\ufffd+$/, '');
}

function substitution(
  kind: ViewKind,
  code: {
    readonly hint: RegExp;
    readonly pattern: RegExp;
    readonly replace: (match: string, budget: number) => string | undefined;
  },
): Decoder {
  return {
    kind,
    decode(view, budget) {
      if (!code.hint.test(view.text)) return undefined;
      const edits = editsFor(view.text, code.pattern, (match) => code.replace(match, budget));
      return edits.length === 0 ? undefined : edited(view, kind, edits);
    },
  };
}

function characterOf(code: number): string | undefined {
  if (!(code <= 0x10ffff) || (code < 32 && code !== 9 && code !== 10 && code !== 13)) return undefined;
  return String.fromCodePoint(code);
}
