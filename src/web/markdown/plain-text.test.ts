import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text.ts';

describe('plainText', () => {
  it.each([
    ['**Start** at the `Stages` page [1].', 'Start at the Stages page.'],
    ['See [the handbook](https://example.org) [1, 2] first', 'See the handbook  first'],
    ['## Title\n> quoted\n```ts\ncode\n```', 'Title\nquoted\ncode'],
    ['先看 **面板** [1]。', '先看 面板。'],
    ['', ''],
  ])('reads %j as %j', (markdown, text) => {
    expect(plainText(markdown)).toBe(text);
  });
});
