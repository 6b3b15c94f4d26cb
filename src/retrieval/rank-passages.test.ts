import { describe, expect, it } from 'vitest';
import type { IndexedConcept, IndexedPhrase } from './phrase-index.ts';
import { rankPassages } from './rank-passages.ts';

/** A phrase of a weight and the share it has in passages by key. */
function phrase(weight: number, shares: Record<number, number>, language = 'en'): IndexedPhrase {
  return {
    weight,
    hits: [
      {
        language,
        places: Int32Array.from(Object.keys(shares), Number),
        shares: Float64Array.from(Object.values(shares)),
      },
    ],
  };
}
/** Of the passage at place 1 the key is 1000, and so on. */
const keys = Array.from({ length: 10 }, (_, place) => place * 1000);
const concept = (own: IndexedPhrase, ...alternatives: IndexedPhrase[]): IndexedConcept => ({
  own,
  alternatives,
});
const scores = (...concepts: IndexedConcept[]): Record<number, number> =>
  Object.fromEntries(
    rankPassages(concepts, { language: 'en', limit: 10, keys }).map(({ key, score }) => [key / 1000, score]),
  );

describe('rankPassages', () => {
  it('gives each passage the share of all concepts, by weight, that it holds', () => {
    const concepts = [concept(phrase(6, { 1: 0.5, 2: 1 })), concept(phrase(2, { 2: 0.5, 3: 1 }))];
    expect(rankPassages(concepts, { language: 'en', limit: 10, keys })).toEqual([
      { key: 2000, score: (6 + 1) / 8 },
      { key: 1000, score: 3 / 8 },
      { key: 3000, score: 2 / 8 },
    ]);
  });

  it('counts a concept once, by its best phrase, another word for less', () => {
    const ranked = scores(
      concept(phrase(4, { 1: 0.5 }), phrase(4, { 1: 0.5, 2: 0.5 }), phrase(4, { 2: 0.4 })),
    );
    expect(ranked).toEqual({ 1: 0.5, 2: 0.4 });
  });

  it('never counts another word for more than what was said could', () => {
    const ranked = scores(concept(phrase(2, { 1: 1 }), phrase(9, { 2: 1 })));
    expect(ranked).toEqual({ 1: 1, 2: 0.8 });
  });

  it('halves what is in another language', () => {
    expect(scores(concept(phrase(3, { 1: 1 }), phrase(3, { 2: 1 }, 'zh')))).toEqual({
      1: 1,
      2: expect.closeTo(0.4),
    });
    expect(
      rankPassages([concept(phrase(3, { 2: 1 }, 'zh'))], { language: 'zh', limit: 1, keys })[0]?.score,
    ).toBe(1);
  });

  it('weighs what is nowhere into the whole', () => {
    expect(scores(concept(phrase(2, { 1: 1 })), concept(phrase(6, {})))).toEqual({ 1: 0.25 });
  });

  it('gives at most the limit, equals in order of their keys, and nothing for nothing', () => {
    const equals = [concept(phrase(3, { 9: 1, 4: 1, 7: 1 }))];
    expect(rankPassages(equals, { language: 'en', limit: 2, keys }).map(({ key }) => key)).toEqual([
      4000, 7000,
    ]);
    expect(rankPassages(equals, { language: 'en', limit: 0, keys })).toEqual([]);
    expect(rankPassages([], { language: 'en', limit: 5, keys })).toEqual([]);
  });
});
