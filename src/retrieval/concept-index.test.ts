import { describe, expect, it } from 'vitest';
import { createConceptIndex } from './concept-index.ts';
import type { IndexedPhrase, PhraseIndex } from './phrase-index.ts';

type Shares = Readonly<Record<number, number>>;

/** A phrase of a weight and the share it has in passages by place. */
function phrase(weight: number, shares: Shares, language = 'en'): IndexedPhrase {
  const places = Int32Array.from(Object.keys(shares), Number);
  return { weight, hits: [{ language, places, shares: Float64Array.from(Object.values(shares)) }] };
}

/** An index of these phrases, and which were looked up. */
function indexOf(phrases: Readonly<Record<string, IndexedPhrase>>) {
  const asked: string[] = [];
  const index: PhraseIndex = {
    keys: [],
    find(name) {
      asked.push(name);
      return phrases[name] ?? { weight: 9, hits: [] };
    },
  };
  return { concepts: createConceptIndex(index), asked };
}

function worths(
  phrases: Readonly<Record<string, IndexedPhrase>>,
  alternatives: readonly string[] = [],
  language = 'en',
): Record<number, number> {
  const { places, worths: values } = indexOf(phrases).concepts.find(
    { phrase: 'own', alternatives },
    language,
  );
  return Object.fromEntries(Array.from(places, (place, index) => [place, values[index]!]));
}

describe('a concept', () => {
  it('is worth the weight of its word times the share a passage has of it', () => {
    expect(worths({ own: phrase(6, { 1: 0.5, 2: 1 }) })).toEqual({ 1: 3, 2: 6 });
  });

  it('counts once, by its best phrase, another word for less', () => {
    const phrases = {
      own: phrase(4, { 1: 0.5 }),
      first: phrase(4, { 1: 0.5, 2: 0.5 }),
      second: phrase(4, { 2: 0.4 }),
    };
    expect(worths(phrases, ['first', 'second'])).toEqual({ 1: 2, 2: 1.6 });
  });

  it('never counts another word for more than what was said could', () => {
    expect(worths({ own: phrase(2, { 1: 1 }), other: phrase(9, { 2: 1 }) }, ['other'])).toEqual({
      1: 2,
      2: 1.6,
    });
  });

  it('halves what is in another language than the question', () => {
    const phrases = { own: phrase(3, { 1: 1 }), other: phrase(3, { 2: 1 }, 'zh') };
    expect(worths(phrases, ['other'])).toEqual({ 1: 3, 2: expect.closeTo(1.2) });
    expect(worths({ own: phrase(3, { 2: 1 }, 'zh') }, [], 'zh')).toEqual({ 2: 3 });
  });

  it('has a weight even when it is nowhere', () => {
    expect(indexOf({}).concepts.find({ phrase: 'own', alternatives: [] }, 'en')).toEqual({
      weight: 9,
      places: new Int32Array(),
      worths: new Float64Array(),
    });
  });

  it('is weighed once for each language and number of alternatives', () => {
    const { concepts, asked } = indexOf({ own: phrase(3, { 1: 1 }) });
    for (const language of ['en', 'zh', 'en']) {
      for (const alternatives of [[], ['other'], []])
        concepts.find({ phrase: 'own', alternatives }, language);
    }
    expect(asked).toEqual(['own', 'own', 'other', 'own', 'own', 'other']);
  });

  it('is remembered, but not without end', () => {
    const { concepts } = indexOf({});
    const first = concepts.find({ phrase: 'own', alternatives: [] }, 'en');
    expect(concepts.find({ phrase: 'own', alternatives: [] }, 'en')).toBe(first);
    for (let n = 0; n < 4_096; n += 1) concepts.find({ phrase: `word${n}`, alternatives: [] }, 'en');
    expect(concepts.find({ phrase: 'own', alternatives: [] }, 'en')).not.toBe(first);
  });
});
