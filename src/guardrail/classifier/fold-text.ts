import { SIMPLIFIED_OF_TRADITIONAL } from './traditional-characters.ts';

/** Code units after folding that end a clause: what follows one stands at a beginning. */
export const BREAK = 10;
const SPACE = 32;
const ZERO = 48;

/** Signs that compatibility forms do not fold, each followed by its plain one. */
const PUNCTUATION = '。.、,“"”"‘\'’\'「"」"『"』"《"》"…';

/** One folded code unit for every code unit: a table look-up each, whatever the text. */
const FOLDED: Uint16Array = createFoldTable();

/**
 * Folds case, accents, full-width forms, digits and Traditional characters into `folded`, runs of white space into
 * one unit; says how many units were written. Never writes more units than the text has.
 */
export function foldText(text: string, folded: Uint16Array): number {
  const end = Math.min(text.length, folded.length);
  let length = 0;
  let previous = SPACE;
  for (let index = 0; index < end; index += 1) {
    const unit = FOLDED[text.charCodeAt(index)] as number;
    const isWhite = unit === SPACE || unit === BREAK;
    if (isWhite && (previous === SPACE || previous === BREAK)) {
      if (unit === BREAK && length > 0) folded[length - 1] = previous = BREAK;
      continue;
    }
    folded[length] = previous = unit;
    length += 1;
  }
  return length;
}

function createFoldTable(): Uint16Array {
  const table = new Uint16Array(0x10000);
  for (let unit = 0; unit < table.length; unit += 1) table[unit] = foldUnit(unit);
  for (let index = 0; index + 1 < SIMPLIFIED_OF_TRADITIONAL.length; index += 2)
    table[SIMPLIFIED_OF_TRADITIONAL.charCodeAt(index)] = SIMPLIFIED_OF_TRADITIONAL.charCodeAt(index + 1);
  for (let index = 0; index + 1 < PUNCTUATION.length; index += 2)
    table[PUNCTUATION.charCodeAt(index)] = PUNCTUATION.charCodeAt(index + 1);
  return table;
}

/** Halves of surrogate pairs stay as they are, so that folding never changes how long a character is. */
function foldUnit(unit: number): number {
  if (unit >= 0xd800 && unit <= 0xdfff) return unit;
  const character = String.fromCharCode(unit);
  if (/[\n\r\u2028\u2029]/.test(character)) return BREAK;
  if (/\s/.test(character)) return SPACE;
  if (/\p{Nd}/u.test(character)) return ZERO;
  const isPlainForm = unit < 0x250 || (unit >= 0xff01 && unit <= 0xff5e);
  return (isPlainForm ? character.normalize('NFKD') : character).toLowerCase().charCodeAt(0);
}
