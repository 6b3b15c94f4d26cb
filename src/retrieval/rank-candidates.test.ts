import { describe, expect, it } from 'vitest';
import type { IndexedConcept, IndexedPhrase } from './phrase-index.ts';
import type { Candidate } from './rank-candidates.ts';
import { rankCandidates } from './rank-candidates.ts';

const phrase = (terms: string, weight = 2, isPrefix = false): IndexedPhrase => ({
  terms: terms.split(' '),
  weight,
  isPrefix,
  hits: [],
});
const concept = (own: IndexedPhrase, ...alternatives: IndexedPhrase[]): IndexedConcept => ({
  own,
  alternatives,
});
function candidate(key: number, textTerms: string, changes: Partial<Candidate> = {}): Candidate {
  return { key, language: 'en', titleTerms: '', headingTerms: '', textTerms, ...changes };
}
const context = { language: 'en', meanLength: 20 };
const scores = (candidates: Candidate[], ...concepts: IndexedConcept[]): Record<number, number> =>
  Object.fromEntries(rankCandidates(candidates, concepts, context).map(({ key, score }) => [key, score]));

describe('rankCandidates', () => {
  it('is bm25 for a single word: more often is better, longer is worse, and 1 is never reached', () => {
    const short = candidate(1, 'slow aa bb cc dd ee');
    const often = candidate(2, 'slow slow slow slow');
    const long = candidate(3, `slow ${'x '.repeat(40)}y`);
    const ranked = rankCandidates([long, short, often], [concept(phrase('slow'))], context);
    expect(ranked.map(({ key }) => key)).toEqual([2, 1, 3]);
    // One occurrence in a text of mean length: 1 * 2.2 / (1 + 1.2), of 2.2 at most.
    expect(scores([candidate(4, 'slow aaa bbb ccc ddd')], concept(phrase('slow')))[4]).toBeCloseTo(1 / 2.2);
    for (const { score } of ranked) expect(score).toBeLessThan(1);
  });

  it('counts the heading most, then the title, then the text', () => {
    const ranked = scores(
      [
        candidate(1, 'slow aa', { headingTerms: 'bb' }),
        candidate(2, 'aa bbbb', { headingTerms: 'slow' }),
        candidate(3, 'aa bbbb', { titleTerms: 'slow' }),
      ],
      concept(phrase('slow')),
    );
    expect(ranked[2]).toBeGreaterThan(ranked[3]!);
    expect(ranked[3]).toBeGreaterThan(ranked[1]!);
  });

  it('counts a concept once, and another word for less than the own', () => {
    const asked = concept(phrase('slow'), phrase('latenc'), phrase('delai'));
    const ranked = scores(
      [candidate(1, 'slow aa'), candidate(2, 'latenc a'), candidate(3, 'latenc delai')],
      asked,
    );
    expect(ranked[2]).toBeCloseTo(ranked[1]! * 0.8, 1);
    expect(ranked[3]).toBeLessThan(ranked[2]! * 1.05);
  });

  it('wants all terms of a phrase, and any term that begins like a prefix', () => {
    const asked = scores(
      [candidate(1, '采集 集器'), candidate(2, '采集 器件')],
      concept(phrase('采集 集器')),
    );
    expect([asked[1]! > 0, asked[2]]).toEqual([true, 0]);
    expect(scores([candidate(3, 'configur')], concept(phrase('conf', 2, true)))[3]).toBeGreaterThan(0);
  });

  it('halves what is in another language', () => {
    const ranked = scores(
      [candidate(1, 'slow'), candidate(2, 'slow', { language: 'zh' })],
      concept(phrase('slow')),
    );
    expect(ranked[2]).toBeCloseTo(ranked[1]! / 2);
  });

  it('weighs what is nowhere into the whole', () => {
    const one = scores([candidate(1, 'slow')], concept(phrase('slow', 2)))[1]!;
    const half = scores(
      [candidate(1, 'slow')],
      concept(phrase('slow', 2)),
      concept(phrase('zeppelin', 2)),
    )[1]!;
    expect(half).toBeCloseTo(one / 2);
  });
});
