import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packBatch, unpackBatch } from './record-batch.ts';

describe('a batch of records', () => {
  it('gives back every record as it was, whatever its characters', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
        const batch = packBatch(texts.map((text) => Buffer.from(text)));
        expect(unpackBatch(batch)).toEqual(texts);
      }),
    );
  });

  it('leaves the records alone when the block is handed over', () => {
    const record = Buffer.from('{"question":"多少?"}');
    const { bytes } = packBatch([record]);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect(bytes).toHaveLength(0);
    expect(record.toString()).toBe('{"question":"多少?"}');
  });
});
