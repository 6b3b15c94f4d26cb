import { describe, expect, test } from 'vitest';
import { percentile, spreadOf } from './statistics.ts';

describe('percentile', () => {
  test.each([
    [[3], 50, 3],
    [[1, 2], 50, 1.5],
    [[5, 1, 3], 50, 3],
    [[1, 2, 3, 4, 5], 0, 1],
    [[1, 2, 3, 4, 5], 100, 5],
    [Array.from({ length: 101 }, (_, index) => index), 99, 99],
    [[0, 10], 99, 9.9],
  ])('of %j at %i is %f', (values, percent, expected) => {
    expect(percentile(values, percent)).toBeCloseTo(expected, 10);
  });

  test('of nothing is no number', () => {
    expect(percentile([], 50)).toBeNaN();
  });

  test('leaves the order of its values alone', () => {
    const values = [3, 1, 2];
    percentile(values, 50);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('spreadOf', () => {
  test('is the median with the least and the most', () => {
    expect(spreadOf([4, 1, 9])).toEqual({ median: 4, min: 1, max: 9 });
  });

  test('is one value three times when there is only one', () => {
    expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  });
});
