import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { questionConcepts } from './question-concepts.ts';

const phrases = (question: string): string[] => questionConcepts(question).map(({ phrase }) => phrase);

describe('questionConcepts', () => {
  it('gives each thing once, with other words for it', () => {
    const [concept, ...others] = questionConcepts('Why is it slow, so slow?');
    expect(others).toEqual([]);
    expect(concept?.phrase).toBe('slow');
    expect(concept?.alternatives).toEqual(expect.arrayContaining(['latenc', 'delai', '延迟']));
    expect(concept?.alternatives).not.toContain('slow');
  });

  it('takes parts of a long Chinese word and of an identifier for less', () => {
    expect(questionConcepts('采集器')[0]?.alternatives).toEqual(
      expect.arrayContaining(['采集', '集器', 'collector']),
    );
    expect(phrases('upstream_stalled')).toEqual(['upstreamstal', 'upstream', 'stall']);
  });

  it('asks about nothing when nothing is said', () => {
    expect(questionConcepts('')).toEqual([]);
    expect(questionConcepts('what is it? 为什么？ ?!')).toEqual([]);
  });

  it('is bounded whatever the question is', () => {
    expect(phrases(Array.from({ length: 5_000 }, (_, index) => `word${index}`).join(' '))).toHaveLength(48);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 10_000 }), (question) => {
        const concepts = questionConcepts(question);
        expect(concepts.length).toBeLessThanOrEqual(48);
        expect(concepts.flatMap(({ alternatives }) => alternatives).length).toBeLessThanOrEqual(128);
      }),
      { numRuns: 30 },
    );
  });
});
