import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutToBytes, fitBlocks, jsonBytes } from './cut-text.ts';

const TEXT = '磁盘 🔥 é full\n«ñ» 👩‍👩‍👧 ok';

test.each(Array.from({ length: Buffer.byteLength(TEXT) + 2 }, (_, limit) => limit))(
  'at %i bytes a cut is whole characters and no longer',
  (limit) => {
    const cut = cutToBytes(TEXT, limit);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
    expect(cut).not.toContain('\uFFFD');
    expect(TEXT.startsWith(cut.replace(/…$/, ''))).toBe(true);
    expect(cut === TEXT).toBe(limit >= Buffer.byteLength(TEXT));
  },
);

test('any text is cut to its limit and stays well formed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(60), (text, limit) => {
      const cut = cutToBytes(text, limit);
      expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
      expect(cut.isWellFormed()).toBe(true);
    }),
  );
});

test('blocks that fit and the count of the rest make up all alerts, within the bytes', () => {
  const block = fc.record({
    text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    alerts: fc.nat(9),
  });
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 20 }),
      fc.nat(5),
      fc.integer({ min: 60, max: 600 }),
      (drawn, missing, limit) => {
        const blocks = drawn.map(({ text, alerts }, index) => ({
          text: `<${index}>${text.replaceAll('\n', ' ')}`,
          alerts,
        }));
        const text = fitBlocks(
          { head: 'HEAD', blocks, missing, rest: (count) => `REST ${count}`, tail: 'TAIL' },
          limit,
        );
        const shown = blocks.filter((_, index) => text.includes(`<${index}>`));
        const rest = Number(/REST (\d+)/.exec(text)?.[1] ?? 0);
        expect(jsonBytes(text)).toBeLessThanOrEqual(limit);
        expect(shown.reduce((sum, { alerts }) => sum + alerts, rest)).toBe(
          blocks.reduce((sum, { alerts }) => sum + alerts, missing),
        );
      },
    ),
  );
});

test('of a first block that is too long the lines that fit are shown', () => {
  const blocks = [{ text: `one\n${'x'.repeat(500)}`, alerts: 1 }];
  expect(fitBlocks({ head: 'H', blocks, missing: 0, rest: String, tail: '' }, 100)).toBe('H\n\none');
});
