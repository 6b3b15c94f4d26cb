import { BUCKETS, type FeatureBuffer } from './features.ts';
import type { TextWindow } from './windows.ts';

/** Weights of the buckets and the bias. */
export interface LinearModel {
  readonly weights: Float64Array;
  readonly bias: number;
}

const LARGEST = 127;
/** `seenIn[bucket]` is the number of the window that had it last: a bucket counts once a window, however often it comes. */
const seenIn = new Int32Array(BUCKETS);
let windowNumber = 0;

/** Log-odds that a window of a text is an injection. */
export function logOddsOf({ weights, bias }: LinearModel, buffer: FeatureBuffer, window: TextWindow): number {
  const { buckets, firsts } = buffer;
  const end = firsts[window.end] as number;
  let distinct = 0;
  let sum = 0;
  beginWindow();
  for (let index = firsts[window.start] as number; index < end; index += 1) {
    const bucket = buckets[index] as number;
    if (seenIn[bucket] === windowNumber) continue;
    seenIn[bucket] = windowNumber;
    distinct += 1;
    sum += weights[bucket] as number;
  }
  return distinct === 0 ? bias : sum / Math.sqrt(distinct) + bias;
}

/** The distinct buckets of a window, in the order in which they come: what the trainer learns from. */
export function distinctBuckets({ buckets, firsts }: FeatureBuffer, window: TextWindow): Int32Array {
  const found: number[] = [];
  beginWindow();
  for (let index = firsts[window.start] as number; index < (firsts[window.end] as number); index += 1) {
    const bucket = buckets[index] as number;
    if (seenIn[bucket] === windowNumber) continue;
    seenIn[bucket] = windowNumber;
    found.push(bucket);
  }
  return Int32Array.from(found);
}

/** Weights as bytes. Steps grow with the square of the byte: most weights are small, and small ones need the detail. */
export function packWeights(weights: Float64Array): { readonly bytes: Int8Array; readonly scale: number } {
  const scale = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0) || 1;
  const bytes = Int8Array.from(weights, (weight) =>
    Math.round(Math.sign(weight) * LARGEST * Math.sqrt(Math.abs(weight) / scale)),
  );
  return { bytes, scale };
}

/** Weights from their bytes. */
export function unpackWeights(bytes: Int8Array, scale: number): Float64Array {
  return Float64Array.from(bytes, (byte) => (Math.sign(byte) * scale * byte * byte) / (LARGEST * LARGEST));
}

/** The counter starts again before it could overflow. */
function beginWindow(): void {
  if (windowNumber === 0x7fffffff) {
    seenIn.fill(0);
    windowNumber = 0;
  }
  windowNumber += 1;
}
