import { describe, expect, it } from 'vitest';
import { quotesOf } from './quotes.ts';
import { coverageOf, headingMatch, rateQuotes } from './rate-quotes.ts';
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

  it('counts the heading, most for the sentence right under it', () => {
    const text = 'The model is the usual cause. Disks are rare. Answers are slow.';
    const rated = rateQuotes('slow answers', quotesOf({ n: 1, title: 'Slow answers', text }));
    expect(rated.map(({ quote }) => quote.position)).toEqual([2, 0, 1]);
    expect(rated[0]!.rating).toBeGreaterThan(rated[1]!.rating);
    expect(rated[1]!.rating).toBeGreaterThan(rated[2]!.rating);
    expect(rated[2]!.rating).toBeGreaterThan(0);
  });

  it('counts the sentence under a heading more when the question holds all of the heading', () => {
    const leadRating = (title: string): number =>
      rateQuotes('why are slow answers slow', quotesOf({ n: 1, title, text: 'The model waits.' }))[0]!.rating;
    expect(leadRating('Slow answers')).toBeGreaterThan(leadRating('Slow answers of zeppelins'));
  });

  it('prefers a place whose heading is the question', () => {
    const rated = rateQuotes('connect vLLM', [
      ...quotesOf({ n: 1, title: 'Tests', text: 'Tests connect vLLM.' }),
      ...quotesOf({ n: 2, title: 'Connect vLLM', text: 'First. You connect vLLM by its address.' }),
    ]);
    expect(rated[0]!.quote.text).toBe('You connect vLLM by its address.');
  });

  it('puts code that nothing introduces behind words', () => {
    const code = '```json\n{"missing": "upstream"}\n```';
    const rated = rateQuotes(
      'missing upstream',
      quotesOf({ n: 1, title: 'T', text: `${code}\n\nThe upstream is away.` }),
    );
    expect(rated.map(({ quote }) => quote.text)).toEqual(['The upstream is away.', '']);
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

  it('rates 0 where nothing is held, and never less', () => {
    for (const { rating } of rateQuotes('zeppelin', passages.flatMap(quotesOf))) expect(rating).toBe(0);
    for (const { rating } of rateQuotes('', passages.flatMap(quotesOf))) expect(rating).toBe(0);
    for (const { rating } of rateQuotes('slow disk key command model', passages.flatMap(quotesOf)))
      expect(rating).toBeGreaterThanOrEqual(0);
  });
});

describe('headingMatch', () => {
  const match = (question: string, title: string): number =>
    headingMatch(question, { n: 1, title, text: '' });

  it('is the share of the heading that the question holds', () => {
    expect(match('Anna says that the answers are slow today', 'Slow answers')).toBe(1);
    expect(match('昨天升级以后提示配置被拒绝', '排障手册 › 配置被拒绝')).toBe(1);
    expect(match('slow', 'Slow answers')).toBe(0.5);
  });

  it('takes the best heading, and none of a single word', () => {
    expect(match('slow answers', 'Zeppelins of Europe › Slow answers')).toBe(1);
    expect(match('answers', 'Answers › Zeppelins of Europe')).toBe(0);
    expect(match('', '')).toBe(0);
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

  it('does not hold it against a word that all passages have it', () => {
    const found = [1, 2, 3].map((n) => ({ n, title: '配置被拒绝', text: '配置被拒绝。' }));
    expect(coverageOf('提示配置被拒绝', found)).toBe(1);
    expect(coverageOf('月球的配置被拒绝', found)).toBeGreaterThan(0.5);
  });
});
