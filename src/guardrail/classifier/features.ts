import { BREAK, foldText } from './fold-text.ts';

/** Number of buckets that grams are hashed into; a power of two. */
export const BUCKETS: number = 1 << 18;
/** The longest text whose features are taken at once, in UTF-16 units. */
export const MAX_TEXT: number = 1 << 14;
/** No position begins more grams than this. */
const GRAMS_PER_POSITION = 16;
const LONGEST_GRAM = 5;
const LONGEST_SKIP = 4;
const LONGEST_HAN_SKIP = 7;
const WORD_SALT = 0x51ed270b;
const SKIP_SALT = 0x2f9be6cc;
const HAN_SALT = 0x68bc21eb;
const START_TOKEN = 0x3c6ef372;

/** Where features are written: made once and used again for every text, so that nothing is allocated for a gram. */
export interface FeatureBuffer {
  readonly folded: Uint16Array;
  /** Buckets in the order of the positions their grams begin at. */
  readonly buckets: Int32Array;
  /** `firsts[position]` is the index of the first bucket of a gram that begins there. */
  readonly firsts: Int32Array;
  /** Folded length of the text. */
  length: number;
}

/** Room for the features of the longest text. */
export function createFeatureBuffer(): FeatureBuffer {
  return {
    folded: new Uint16Array(MAX_TEXT + LONGEST_HAN_SKIP + LONGEST_GRAM),
    buckets: new Int32Array(MAX_TEXT * GRAMS_PER_POSITION),
    firsts: new Int32Array(MAX_TEXT + 1),
    length: 0,
  };
}

/** Hashes the character 2-5-grams, word 1-3-grams and skipping pairs of a text of at most `MAX_TEXT` units. */
export function extractFeatures(text: string, buffer: FeatureBuffer): void {
  const { folded, buckets, firsts } = buffer;
  const length = foldText(text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text, folded);
  folded.fill(0, length, Math.min(folded.length, length + LONGEST_HAN_SKIP + LONGEST_GRAM));
  buffer.length = length;
  let count = 0;
  const words = new WordHistory();
  for (let position = 0; position < length; position += 1) {
    firsts[position] = count;
    count = addCharacterGrams(folded, position, length, buckets, count);
    if (isHan(folded[position] as number)) count = addHanPairs(folded, position, length, buckets, count);
    count = words.add(folded, position, buckets, count);
  }
  firsts[length] = count;
}

/** True for the ideographs that Chinese is written with. */
export function isHan(unit: number): boolean {
  return (unit >= 0x4e00 && unit <= 0x9fff) || (unit >= 0x3400 && unit <= 0x4dbf);
}

function addCharacterGrams(
  folded: Uint16Array,
  position: number,
  length: number,
  buckets: Int32Array,
  start: number,
): number {
  let count = start;
  let hash = 0x811c9dc5;
  const end = Math.min(length, position + LONGEST_GRAM);
  for (let index = position; index < end; index += 1) {
    hash = Math.imul(hash ^ (folded[index] as number), 0x01000193);
    if (index === position && !isHan(folded[index] as number)) continue;
    buckets[count] = bucketOf(hash);
    count += 1;
  }
  return count;
}

/** Pairs of two-character words with a gap between them: "忽略…指令", whatever stands in the gap. */
function addHanPairs(
  folded: Uint16Array,
  position: number,
  length: number,
  buckets: Int32Array,
  start: number,
): number {
  let count = start;
  const first = pairHash(folded, position);
  const end = Math.min(length - 1, position + LONGEST_HAN_SKIP + 1);
  for (let index = position + 2; index < end; index += 1) {
    if (!isHan(folded[index] as number)) continue;
    buckets[count] = bucketOf(Math.imul(first ^ HAN_SALT, 0x5bd1e995) ^ pairHash(folded, index));
    count += 1;
  }
  return count;
}

function pairHash(folded: Uint16Array, position: number): number {
  return Math.imul(((folded[position] as number) << 16) ^ (folded[position + 1] as number), 0x9e3779b1);
}

/** The last words of a text, each a hash; adds the grams that end with a word where the word begins to be known. */
class WordHistory {
  /** Newest first. */
  private readonly recent = new Int32Array(LONGEST_SKIP + 1).fill(START_TOKEN);
  private current = 0;

  add(folded: Uint16Array, position: number, buckets: Int32Array, start: number): number {
    const unit = folded[position] as number;
    if (isWordUnit(unit)) {
      this.current = Math.imul((this.current || WORD_SALT) ^ unit, 0x01000193);
      return isWordUnit(folded[position + 1] as number) ? start : this.end(buckets, start);
    }
    if (isClauseEnd(unit)) this.push(START_TOKEN);
    return start;
  }

  private end(buckets: Int32Array, start: number): number {
    this.push(this.current);
    this.current = 0;
    return this.addGrams(buckets, start);
  }

  private push(token: number): void {
    this.recent.copyWithin(1, 0, LONGEST_SKIP);
    this.recent[0] = token;
  }

  private addGrams(buckets: Int32Array, start: number): number {
    const { recent } = this;
    let count = start;
    let gram = WORD_SALT;
    for (let index = 0; index < 3; index += 1) {
      gram = Math.imul(gram ^ (recent[index] as number), 0x85ebca6b);
      buckets[count] = bucketOf(gram);
      count += 1;
    }
    for (let gap = 2; gap <= LONGEST_SKIP; gap += 1) {
      const pair = Math.imul((recent[gap] as number) ^ SKIP_SALT, 0xc2b2ae35) ^ (recent[0] as number);
      buckets[count] = bucketOf(pair);
      count += 1;
    }
    return count;
  }
}

function isWordUnit(unit: number): boolean {
  return (unit >= 97 && unit <= 122) || unit === 48 || unit === 39 || (unit >= 0xdf && unit < 0x2000);
}

/** A full stop, a question mark, a colon, a bracket, a line break and so on. */
function isClauseEnd(unit: number): boolean {
  return (
    unit === BREAK || unit === 46 || unit === 33 || unit === 63 || unit === 58 || unit === 59 || unit === 40
  );
}

/** Spreads a hash over the buckets. */
function bucketOf(hash: number): number {
  let mixed = hash ^ (hash >>> 15);
  mixed = Math.imul(mixed, 0x2c1b3c6d);
  mixed ^= mixed >>> 13;
  return mixed & (BUCKETS - 1);
}
