import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Corpus } from './corpus.ts';
import { openCorpus } from './corpus.ts';
import { createDocumentWriter } from './document-writer.ts';
import type { TermWeights } from './term-weights.ts';
import { createTermWeights } from './term-weights.ts';

let corpus: Corpus;
let weights: TermWeights;
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
  weights = createTermWeights(corpus.database);
  weights.refresh(1);
});
afterEach(() => corpus.close());

function add(id: string, markdown: string): void {
  createDocumentWriter(corpus, 'c').replace({ id, language: 'en', source: id, hash: markdown, markdown });
}
const inverse = (found: number, passages: number): number =>
  Math.log((passages - found + 0.5) / (found + 0.5));

describe('createTermWeights', () => {
  it('weighs a term the higher the fewer passages have it', () => {
    expect(weights.of('two')).toEqual({ weight: inverse(1, 5), phrase: '"two"' });
    expect(weights.of('gateways')).toEqual({ weight: inverse(2, 5), phrase: '"gateways"' });
    expect(weights.of('common')).toEqual({ weight: 1e-6, phrase: '"common"' });
  });

  it('has no phrase for what is nowhere, and its weight is the highest', () => {
    expect(weights.of('zeppelin')).toEqual({ weight: inverse(0, 5) });
    expect(weights.of('zeppelin').weight).toBeGreaterThan(weights.of('two').weight);
  });

  it('takes an unknown word, or a lone Chinese character, for the beginning of one', () => {
    expect(weights.of('configu')).toEqual({ weight: inverse(1, 5), phrase: '"configu"*' });
    expect(weights.of('gat')).toEqual({ weight: inverse(0, 5) });
    expect(weights.of('变')).toEqual({ weight: inverse(1, 5), phrase: '"变"*' });
    expect(weights.of('慢')).toEqual({ weight: inverse(1, 5), phrase: '"慢"*' });
  });

  it('remembers until the revision changes', () => {
    expect(weights.of('new')).toEqual({ weight: inverse(0, 5) });
    add('page9', 'new');
    weights.refresh(1);
    expect(weights.of('new')).toEqual({ weight: inverse(0, 5) });
    weights.refresh(2);
    expect(weights.of('new')).toEqual({ weight: inverse(1, 6), phrase: '"new"' });
  });

  it('starts again rather than remember without end', () => {
    const two = weights.of('two');
    expect(weights.of('two')).toBe(two);
    for (let index = 0; index < 4_096; index += 1) weights.of(`word${index}`);
    expect(weights.of('two')).not.toBe(two);
    expect(weights.of('two')).toEqual(two);
  });
});
