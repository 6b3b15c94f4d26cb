import { COMMON_WORDS, disguisedWords, rotated } from './common-words.ts';
import type { Decoder } from './decoders.ts';
import { edited, editsFor, reversed } from './view.ts';

const backwards = (word: string) => word.split('').toReversed().join('');

const ROTATED_WORDS = disguisedWords(rotated);
const REVERSED_WORDS = disguisedWords(backwards);
/** Chinese has no word breaks: orders to a model, from their end to their beginning. */
const REVERSED_HAN = /令指|示指|示提|则规|略忽|视无|记忘|统系|出输|在现你/;
/** Everyday words from their end: one may come about where two words meet, two different ones hardly do. */
const REVERSED_HAN_WORDS =
  /诉告|么什|们我|们你|以可|何任|制限|过绕|码密|钥密|露透|复重|译翻|结总|件邮|接链|档文|型模|器机|定设|始初|置设|须必|答回|复回|户用|手助|色角|演扮|始开|除解|求要|容内|务任|止停|字文|送发|示显|印打|题问|从服|守遵|话说|有没|密机|员理管|者发开/g;

const ROT13: Decoder = {
  kind: 'rot13',
  decode(view) {
    if (!hasTwo(view.text, ROTATED_WORDS)) return undefined;
    return edited(view, 'rot13', editsFor(view.text, /[a-z]+/gi, rotated));
  },
};

const REVERSED: Decoder = {
  kind: 'reversed',
  decode(view) {
    return isReversed(view.text) ? reversed(view) : undefined;
  },
};

/** Each word for itself, their order kept. */
const REVERSED_IN_PLACE: Decoder = {
  kind: 'reversed',
  decode(view) {
    if (!hasTwo(view.text, REVERSED_WORDS)) return undefined;
    return edited(view, 'reversed', editsFor(view.text, /[a-z]{2,}/gi, backwards));
  },
};

const LEET: readonly Decoder[] = [leet('i'), leet('l')];

/** Letters that stand alone, with the same few signs between them. */
const SPACED_LATIN = /(?<![a-z0-9])[a-z0-9](?:[ ._*·,/|~-]{1,3}[a-z0-9](?![a-z0-9])){4,}/gi;
const SPACED_HAN = /\p{Script=Han}(?:[ ._*·,/|~-]{1,3}[\p{Script=Han}:;!?()"'。、]){2,}/gu;
const WORD_CUTS = new RegExp(COMMON_WORDS.filter((word) => word.length > 1).join('|'), 'gi');

const SPACED: Decoder = {
  kind: 'spaced',
  decode(view) {
    if (
      !/(?<![a-z0-9])[a-z0-9][ ._*·,/|~-]{1,3}[a-z0-9][ ._*·,/|~-]{1,3}[a-z0-9](?![a-z0-9])/i.test(view.text)
    ) {
      if (!/\p{Script=Han}[ ._*·,/|~-]{1,2}\p{Script=Han}[ ._*·,/|~-]/u.test(view.text)) return undefined;
    }
    const edits = [
      ...editsFor(view.text, SPACED_LATIN, joinLetters),
      ...editsFor(view.text, SPACED_HAN, joinIdeographs),
    ].sort((left, right) => left.start - right.start);
    return edits.length === 0 ? undefined : edited(view, 'spaced', edits);
  },
};

/** What needs no code to be undone, only another way to look. */
export const DISGUISES: readonly Decoder[] = [ROT13, REVERSED, REVERSED_IN_PLACE, ...LEET, SPACED];

function isReversed(text: string): boolean {
  return hasTwo(text, REVERSED_WORDS) || REVERSED_HAN.test(text) || hasTwo(text, REVERSED_HAN_WORDS);
}

/** Whether two different words are there: one alone is a name or a typing error. */
function hasTwo(text: string, pattern: RegExp): boolean {
  let first: string | undefined;
  for (const { 0: word } of text.matchAll(pattern)) {
    if (first !== undefined && first !== word.toLowerCase()) return true;
    first = word.toLowerCase();
  }
  return false;
}

/** Digits and signs for letters; a one is an i in one reading and an l in the other. */
function leet(one: 'i' | 'l'): Decoder {
  const letters = new Map(
    ['0o', `1${one}`, '3e', '4a', '5s', '7t', '8b', '9g', '@a', '$s', '!i', '|l', '€e', '+t'].map((pair) => [
      pair.charAt(0),
      pair.charAt(1),
    ]),
  );
  const decodeWord = (word: string) => {
    // Longer ones are keys and codes, not words.
    if (word.length > 18 || !/[a-z][0134578@$!|€+]|[0134578@$!|€+][a-z]/i.test(word)) return undefined;
    // A sign at the end of a word ends the sentence.
    return word.replace(/[0-9@$|€+]|!(?=\w)/g, (sign) => letters.get(sign) ?? sign);
  };
  return {
    kind: 'leet',
    decode(view) {
      if (!/[a-z][0134578@$!|€+][a-z]/i.test(view.text)) return undefined;
      if (one === 'l' && !view.text.includes('1')) return undefined;
      const edits = editsFor(view.text, /[\w@$!|€+]{2,40}/g, decodeWord);
      return edits.length < 2 ? undefined : edited(view, 'leet', edits);
    },
  };
}

/** Blanks are the gaps where there are any: a comma between them belongs to the text. */
function joinIdeographs(match: string): string {
  return match.replace(match.includes(' ') ? / /g : /[ ._*·,/|~-]/g, '');
}

/** Single letters as words: wider gaps are the breaks between words, and without any the common words cut it. */
function joinLetters(match: string): string {
  const gaps = match.match(/[ ._*·,/|~-]+/g) ?? [];
  const counts = new Map<string, number>();
  for (const gap of gaps) counts.set(gap, (counts.get(gap) ?? 0) + 1);
  const usual = [...counts].sort(([, left], [, right]) => right - left)[0]?.[0] ?? ' ';
  const joined = match.replace(/[ ._*·,/|~-]+/g, (gap) => (gap === usual ? '' : ' '));
  return joined.includes(' ') ? joined : joined.replace(WORD_CUTS, ' $& ').replace(/ {2,}/g, ' ').trim();
}
