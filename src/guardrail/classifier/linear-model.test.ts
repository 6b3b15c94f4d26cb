import { describe, expect, test } from 'vitest';
import { createFeatureBuffer, extractFeatures, BUCKETS } from './features.ts';
import { distinctBuckets, logOddsOf, packWeights, unpackWeights } from './linear-model.ts';

const buffer = createFeatureBuffer();
const WHOLE = { start: 0, end: 5, language: 'en' } as const;

describe('log-odds', () => {
  test('are the bias for a window without features', () => {
    extractFeatures('', buffer);
    const window = { start: 0, end: 0, language: 'en' } as const;
    expect(logOddsOf({ weights: new Float64Array(BUCKETS).fill(9), bias: -2 }, buffer, window)).toBe(-2);
  });

  test('are the sum of the weights of distinct buckets over the root of their number, and the bias', () => {
    extractFeatures('hello', buffer);
    const { length } = distinctBuckets(buffer, WHOLE);
    const weights = new Float64Array(BUCKETS).fill(0.5);
    expect(logOddsOf({ weights, bias: 1 }, buffer, WHOLE)).toBeCloseTo(0.5 * Math.sqrt(length) + 1, 12);
  });
});

describe('weights as bytes', () => {
  test('keep their sign, the largest exactly, and the others nearly', () => {
    const weights = Float64Array.from([0, 2, -2, 0.5, -0.125, 1e-9]);
    const { bytes, scale } = packWeights(weights);
    const restored = unpackWeights(bytes, scale);
    expect(scale).toBe(2);
    expect([...bytes]).toEqual([0, 127, -127, 64, -32, 0]);
    for (const [index, weight] of weights.entries())
      expect(Math.abs((restored[index] as number) - weight)).toBeLessThanOrEqual(0.02 * 2);
  });

  test('of nothing but zeros stay zeros', () => {
    const { bytes, scale } = packWeights(new Float64Array(3));
    expect([...unpackWeights(bytes, scale)]).toEqual([0, 0, 0]);
  });

  test('do not change when they are packed again', () => {
    const { bytes, scale } = packWeights(
      Float64Array.from({ length: 500 }, (_none, index) => Math.sin(index)),
    );
    expect(packWeights(unpackWeights(bytes, scale)).bytes).toEqual(bytes);
  });
});
