import { describe, expect, it } from 'vitest';
import { quotesOf } from './quotes.ts';
import { coverageOf, rateQuotes } from './rate-quotes.ts';
import type { PromptPassage } from './read-prompt.ts';

const passages: PromptPassage[] = [
  { n: 1, title: 'Slow answers', text: 'The model is the usual cause. Disks are rarely slow.' },
  { n: 2, title: 'API keys', text: 'Keys are revoked with a command. 密钥可以吊销。' },
];
const texts = (question: string): string[] =>
  rateQuotes(question, passages.flatMap(quotesOf)).map(({ quote }) => quote.text);

describe('rateQuotes', () => {
  it('puts what holds most of the question first, endings aside', () => {
    expect(texts('How do I revoke a key?')[0]).toBe('Keys are revoked with a command.');
    expect(texts('slow disk')[0]).toBe('Disks are rarely slow.');
  });

  it('counts the heading, but less than the quote itself', () => {
    const [first, second] = rateQuotes('slow answers', passages.flatMap(quotesOf));
    expect(first?.quote.text).toBe('Disks are rarely slow.');
    expect(second?.quote.text).toBe('The model is the usual cause.');
    expect(first!.rating).toBeGreaterThan(second!.rating);
    expect(second!.rating).toBeGreaterThan(0);
  });

  it('prefers the language of the question', () => {
    expect(texts('怎么吊销密钥')[0]).toBe('密钥可以吊销。');
  });

  it('knows other words for the same', () => {
    expect(texts('invalidate, delete or disable a credential')[0]).toBe('Keys are revoked with a command.');
  });

  it('puts a sentence that only asks behind one that answers', () => {
    const text = 'What is a span? A span is a step.';
    const rated = rateQuotes('What is a span?', quotesOf({ n: 1, title: 'T', text }));
    expect(rated.map(({ quote }) => quote.text)).toEqual(['A span is a step.', 'What is a span?']);
  });

  it('rates between 0 and 1, and 0 where nothing is held', () => {
    for (const { rating } of rateQuotes('zeppelin', passages.flatMap(quotesOf))) expect(rating).toBe(0);
    for (const { rating } of rateQuotes('', passages.flatMap(quotesOf))) expect(rating).toBe(0);
    for (const { rating } of rateQuotes('slow disk key command model', passages.flatMap(quotesOf)))
      expect(rating).toBeLessThanOrEqual(1);
  });
});

describe('coverageOf', () => {
  it('is the share of the question that the best passage holds', () => {
    expect(coverageOf('revoke keys', passages)).toBe(1);
    expect(coverageOf('revoke the zeppelin', passages)).toBeGreaterThan(0.2);
    expect(coverageOf('revoke the zeppelin', passages)).toBeLessThan(0.6);
    expect(coverageOf('zeppelin', passages)).toBe(0);
    expect(coverageOf('revoke', [])).toBe(0);
  });
});
