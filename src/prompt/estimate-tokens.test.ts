import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRecording } from '../../test/support/recorded-replies.ts';
import { estimateTokens } from './estimate-tokens.ts';

describe('an estimate', () => {
  test.each<[string, unknown, number]>([
    ['nothing', '', 0],
    ['one letter', 'a', 1],
    ['four letters', 'abcd', 1],
    ['five letters', 'abcde', 2],
    ['one Chinese character', '水', 1],
    ['three Chinese characters', '水曜日', 2],
    ['both', 'abcd水曜日', 3],
    ['Japanese and Korean', 'ひらカナ한국', 4],
    ['full-width letters', 'ＡＢＣ', 2],
    ['an emoji, which is two units long', '👍', 1],
    [
      'parts of text',
      [
        { type: 'text', text: 'abcd' },
        { type: 'text', text: 'ef' },
      ],
      2,
    ],
    ['a part without text', [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }], 0],
    ['no parts', [], 0],
    ['no content', undefined, 0],
    ['null', null, 0],
    ['a number', 7, 0],
  ])('of %s', (_name, content, tokens) => {
    expect(estimateTokens(content)).toBe(tokens);
  });

  test('is below what a model counted, so that nobody is refused for a prompt that fits', () => {
    const { usage } = JSON.parse(readRecording('chat').body ?? '{}') as { usage: { prompt_tokens: number } };
    const asked = 'What is the capital of France?';
    expect(estimateTokens(asked)).toBeLessThanOrEqual(usage.prompt_tokens);
  });

  test('grows with the text and is never negative', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [first, both] = [estimateTokens(one), estimateTokens(one + other)];
        expect(first).toBeGreaterThanOrEqual(0);
        expect(both).toBeGreaterThanOrEqual(first);
        expect(both).toBeLessThanOrEqual(first + estimateTokens(other));
      }),
    );
  });

  test('of a large text takes no time to speak of', () => {
    const startedAt = performance.now();
    expect(estimateTokens('水a'.repeat(1 << 20))).toBeGreaterThan(900_000);
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });
});
