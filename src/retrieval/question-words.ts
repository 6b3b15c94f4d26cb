import { CHINESE_WORDS, hasSynonyms, startsExpression } from './find-synonyms.ts';
import {
  CHINESE_STOP_CHARACTERS,
  CHINESE_STOP_PHRASES,
  ENGLISH_STOP_PHRASES,
  ENGLISH_STOP_WORDS,
} from './stop-words.ts';
import { identifierWords, isPaired, piecesOf } from './terms.ts';

/** The longest English expression of the synonym table, in words. */
const LONGEST_EXPRESSION = 3;
const STOP_PHRASES = new Set(CHINESE_STOP_PHRASES);
const KNOWN_CHINESE = new RegExp(
  `(${[...CHINESE_WORDS, ...CHINESE_STOP_PHRASES].sort((left, right) => right.length - left.length).join('|')})`,
);
/** How much of it says little: `很慢` is looked for as `慢`. */
const DEGREE = /^[很太](?=.$)/u;
const SEGMENTER = new Intl.Segmenter('zh', { granularity: 'word' });

/** The words of a question that say what it is about: expressions of the synonym table whole, empty words left out. */
export function questionWords(question: string): string[] {
  const pieces = piecesOf(question.replace(ENGLISH_STOP_PHRASES, ' '));
  const words: string[] = [];
  for (let index = 0; index < pieces.length;) {
    const piece = pieces[index]!;
    const expression = isPaired(piece) ? undefined : expressionAt(pieces, index);
    if (isPaired(piece)) words.push(...chineseWords(piece));
    else if (expression !== undefined) words.push(expression.join(' '));
    else words.push(...identifierWords(piece.toLowerCase()).filter((word) => !saysNothing(word)));
    index += expression?.length ?? 1;
  }
  return words;
}

/** A lone digit numbers things and names none. */
function saysNothing(word: string): boolean {
  return ENGLISH_STOP_WORDS.has(word) || /^[0-9]$/.test(word);
}

/** The longest run of words from here on that the synonym table knows as one expression. */
function expressionAt(pieces: readonly string[], start: number): string[] | undefined {
  if (!startsExpression(pieces[start]!)) return undefined;
  for (let length = LONGEST_EXPRESSION; length > 1; length -= 1) {
    const run = pieces.slice(start, start + length);
    if (run.length === length && hasSynonyms(run.join(' '))) return run;
  }
  return undefined;
}

/** Words of the table first, since the dictionary of the runtime knows few of this trade. */
function chineseWords(run: string): string[] {
  return run.split(KNOWN_CHINESE).flatMap((part, index) => {
    if (index % 2 === 0) return segments(part);
    return STOP_PHRASES.has(part) ? [] : [part];
  });
}

/** What the dictionary leaves as single characters side by side is taken for one word that it does not know. */
function segments(text: string): string[] {
  const words: string[] = [];
  let joins = false;
  for (const { segment: written } of SEGMENTER.segment(text)) {
    const segment = written.replace(DEGREE, '');
    const isSingle = Array.from(segment).length === 1;
    const isEmpty = isSingle && CHINESE_STOP_CHARACTERS.has(segment);
    if (isSingle && joins && !isEmpty) words[words.length - 1] += segment;
    else if (!isEmpty) words.push(segment);
    joins = isSingle && !isEmpty;
  }
  return words;
}
