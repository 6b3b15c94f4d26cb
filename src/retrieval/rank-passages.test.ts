import { describe, expect, it } from 'vitest';
import type { WeighedConcept } from './concept-index.ts';
import { rankPassages } from './rank-passages.ts';

/** A concept of a weight and what passages are worth to it, by place. */
function concept(weight: number, worths: Readonly<Record<number, number>>): WeighedConcept {
  return {
    weight,
    places: Int32Array.from(Object.keys(worths), Number),
    worths: Float64Array.from(Object.values(worths)),
  };
}
/** Of the passage at place 1 the key is 1000, and so on. */
const keys = Array.from({ length: 10 }, (_, place) => place * 1000);

describe('rankPassages', () => {
  it('gives each passage the share of all concepts, by weight, that it holds', () => {
    const concepts = [concept(6, { 1: 3, 2: 6 }), concept(2, { 2: 1, 3: 2 })];
    expect(rankPassages(concepts, { limit: 10, keys })).toEqual([
      { key: 2000, score: (6 + 1) / 8 },
      { key: 1000, score: 3 / 8 },
      { key: 3000, score: 2 / 8 },
    ]);
  });

  it('weighs what is nowhere into the whole', () => {
    expect(rankPassages([concept(2, { 1: 2 }), concept(6, {})], { limit: 10, keys })).toEqual([
      { key: 1000, score: 0.25 },
    ]);
  });

  it('gives at most the limit, equals in order of their keys, and nothing for nothing', () => {
    const equals = [concept(3, { 9: 3, 4: 3, 7: 3 })];
    expect(rankPassages(equals, { limit: 2, keys }).map(({ key }) => key)).toEqual([4000, 7000]);
    expect(rankPassages(equals, { limit: 0, keys })).toEqual([]);
    expect(rankPassages([], { limit: 5, keys })).toEqual([]);
  });

  it('keeps equals in order of their keys when places are not', () => {
    const swapped = [0, 7000, 1000];
    const ranked = rankPassages([concept(1, { 1: 1, 2: 1 })], { limit: 1, keys: swapped });
    expect(ranked.map(({ key }) => key)).toEqual([1000]);
  });
});
