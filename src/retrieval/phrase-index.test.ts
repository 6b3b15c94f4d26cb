import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Corpus } from './corpus.ts';
import { openCorpus } from './corpus.ts';
import { createDocumentWriter } from './document-writer.ts';
import type { PhraseIndex } from './phrase-index.ts';
import { createPhraseIndex } from './phrase-index.ts';

let corpus: Corpus;
const TEXTS = [
  'gateway common one',
  'gateway common two',
  'common configuration',
  '变慢 common',
  'common last',
];

beforeEach(() => {
  corpus = openCorpus(':memory:');
  for (const [index, markdown] of TEXTS.entries()) add(`page${index}`, markdown);
  add('elsewhere', 'gateway zeppelin', 'other');
});
afterEach(() => corpus.close());

function add(id: string, markdown: string, collection = 'handbook'): void {
  const language = markdown.includes('慢') ? 'zh' : 'en';
  createDocumentWriter(corpus, collection).replace({
    id,
    language,
    source: id,
    trust: 'untrusted',
    hash: markdown,
    markdown,
  });
}
/** What is known of a phrase, passage by passage. */
function hitsOf(index: PhraseIndex, phrase: string) {
  return index
    .find(phrase)
    .hits.flatMap(({ language, places, shares }) =>
      Array.from(places, (place, hit) => ({ key: index.keys[place], place, language, share: shares[hit] })),
    );
}
const inverse = (found: number, passages: number): number =>
  Math.log((passages - found + 0.5) / (found + 0.5));

describe('createPhraseIndex', () => {
  it('finds a phrase in its collection and weighs it the higher the fewer passages have it', () => {
    const index = createPhraseIndex(corpus.database, 'handbook');
    expect(index.find('two').weight).toBe(inverse(1, 5));
    expect(hitsOf(index, 'two')).toEqual([
      { key: 2, place: 0, language: 'en', share: expect.closeTo(1 / 2.2, 1) },
    ]);
    expect(index.find('gatewai').weight).toBe(inverse(2, 5));
    expect(hitsOf(index, 'gatewai')).toMatchObject([{ key: 1 }, { key: 2 }]);
    expect(index.find('common').weight).toBe(1e-6);
    expect(hitsOf(index, 'common')).toMatchObject([
      { key: 1, language: 'en' },
      { key: 2, language: 'en' },
      { key: 3, language: 'en' },
      { key: 5, language: 'en' },
      { key: 4, language: 'zh' },
    ]);
    expect(hitsOf(index, 'common two')).toMatchObject([{ key: 2 }]);
    expect(hitsOf(index, 'two common')).toEqual([]);
  });

  it('gives the highest weight to what is nowhere', () => {
    const index = createPhraseIndex(corpus.database, 'handbook');
    expect(index.find('zeppelin')).toEqual({ weight: inverse(0, 5), hits: [] });
    expect(index.find('zeppelin').weight).toBeGreaterThan(index.find('two').weight);
  });

  it('takes an unknown word, or a lone Chinese character, for the beginning of one', () => {
    const index = createPhraseIndex(corpus.database, 'handbook');
    expect(hitsOf(index, 'confi')).toMatchObject([{ key: 3 }]);
    expect(hitsOf(index, 'gat')).toEqual([]);
    expect(hitsOf(index, '变')).toMatchObject([{ key: 4, language: 'zh' }]);
    expect(hitsOf(index, '慢')[0]?.share).toBeGreaterThan(0);
  });

  it('remembers, but not without end', () => {
    const index = createPhraseIndex(corpus.database, 'handbook');
    const two = index.find('two');
    expect(index.find('two')).toBe(two);
    for (let number = 0; number < 4_096; number += 1) index.find(`word${number}`);
    expect(index.find('two')).not.toBe(two);
    expect(index.find('two')).toEqual(two);
  });

  it('works for a collection without passages', () => {
    const index = createPhraseIndex(corpus.database, 'nowhere');
    expect(index.find('gatewai').hits).toEqual([]);
  });
});
