import { describe, expect, it } from 'vitest';
import { chooseCandidates } from './choose-candidates.ts';
import type { IndexedConcept, IndexedPhrase } from './phrase-index.ts';

function phrase(weight: number, keys: readonly number[], language = 'en'): IndexedPhrase {
  return { terms: ['x'], weight, isPrefix: false, hits: keys.map((key) => ({ key, language })) };
}
const concept = (own: IndexedPhrase, ...alternatives: IndexedPhrase[]): IndexedConcept => ({
  own,
  alternatives,
});

describe('chooseCandidates', () => {
  it('puts what has more of the concepts by weight first', () => {
    const concepts = [concept(phrase(5, [1, 2])), concept(phrase(2, [2, 3]))];
    expect(chooseCandidates(concepts, 'en', 10)).toEqual([2, 1, 3]);
    expect(chooseCandidates(concepts, 'en', 1)).toEqual([2]);
  });

  it('counts a concept once, by its best phrase, and never an alternative for more than the own phrase', () => {
    const many = concept(phrase(3, []), phrase(3, [1]), phrase(3, [1]), phrase(3, [1]));
    expect(chooseCandidates([many, concept(phrase(4, [2]))], 'en', 10)).toEqual([2, 1]);
    const rareAlternative = concept(phrase(2, [2]), phrase(9, [1]));
    expect(chooseCandidates([rareAlternative], 'en', 10)).toEqual([2, 1]);
  });

  it('puts the language of the question first, and equals in order of their keys', () => {
    const both = concept({
      ...phrase(3, []),
      hits: [
        { key: 1, language: 'en' },
        { key: 2, language: 'zh' },
      ],
    });
    expect(chooseCandidates([both], 'zh', 10)).toEqual([2, 1]);
    expect(chooseCandidates([concept(phrase(3, [9, 4, 7]))], 'en', 10)).toEqual([4, 7, 9]);
  });

  it('has nothing for nothing', () => {
    expect(chooseCandidates([], 'en', 10)).toEqual([]);
    expect(chooseCandidates([concept(phrase(3, []))], 'en', 10)).toEqual([]);
  });
});
