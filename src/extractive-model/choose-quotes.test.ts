import { describe, expect, it } from 'vitest';
import { chooseQuotes } from './choose-quotes.ts';
import type { PromptPassage } from './read-prompt.ts';

const passages: PromptPassage[] = [
  {
    n: 1,
    title: 'Revoke a key',
    text: 'A key is revoked at once. Requests that run go on.\n\nRevoke a key with:\n\n```sh\nnpm run keys -- revoke ID\n```',
  },
  { n: 2, title: 'Disk full', text: 'Answers go on. Records are lost and counted.' },
  { n: 3, title: 'Keys', text: 'A key is revoked at once!' },
];
const choose = (question: string): [number, string][] =>
  chooseQuotes({ question, passages }).map(({ passage, text }) => [passage.n, text]);

describe('chooseQuotes', () => {
  it('takes what answers, in the order of the passages, each thing once', () => {
    expect(choose('How is a key revoked?')).toEqual([
      [1, 'A key is revoked at once.'],
      [1, 'Revoke a key with:'],
    ]);
  });

  it('takes nothing when nothing answers', () => {
    expect(choose('What is the capital of France?')).toEqual([]);
    expect(choose('法国的首都是哪里')).toEqual([]);
    expect(choose('')).toEqual([]);
    expect(chooseQuotes({ question: 'revoke', passages: [] })).toEqual([]);
  });

  it('answers a long story when the heading of the first passage is in it', () => {
    const story =
      'Since Tuesday my colleague Anna prints invoices, drinks coffee, feeds pigeons, paints fences and has to revoke a key';
    expect(choose(story).map(([n]) => n)).toContain(1);
    expect(choose(story.replace('revoke', 'sing'))).toEqual([]);
  });

  it('takes nothing when only one common word of a question is there', () => {
    expect(choose('Which key signature has the moonlight sonata by Beethoven?')).toEqual([]);
  });

  it('takes from another passage only what is nearly as good as the best', () => {
    const best = {
      n: 1,
      title: 'Connect a model',
      text: 'Connect a model by its address. The address has no path.',
    };
    const other = { n: 2, title: 'Tests', text: 'Tests connect to a fake model.' };
    const quotes = chooseQuotes({ question: 'How do I connect a model?', passages: [best, other] });
    expect(quotes.map(({ passage }) => passage.n)).toEqual(quotes.map(() => 1));
    expect(quotes[0]?.text).toBe('Connect a model by its address.');
  });

  it('stays short', () => {
    const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'];
    const text = words.map((word) => `The gateway ${word} ${`${word}x `.repeat(30)}.`).join(' ');
    const quotes = chooseQuotes({ question: 'gateway', passages: [{ n: 1, title: 'T', text }] });
    expect(quotes.length).toBeGreaterThan(1);
    expect(quotes.length).toBeLessThanOrEqual(3);
    expect(quotes.reduce((sum, quote) => sum + quote.text.length, 0)).toBeLessThanOrEqual(900);
  });
});
