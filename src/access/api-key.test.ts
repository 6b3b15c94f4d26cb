import { describe, expect, it } from 'vitest';
import { createApiKey, digestApiKey, publicIdOf } from './api-key.ts';

describe('createApiKey', () => {
  it('makes keys of one shape with 256 random bits', () => {
    const { text, publicId, digest } = createApiKey();

    expect(text).toMatch(/^gg_[0-9a-z]{10}_[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(text.slice('gg_0123456789_'.length), 'base64url')).toHaveLength(32);
    expect(text.slice(3, 13)).toBe(publicId);
    expect(digest).toEqual(digestApiKey(text));
  });

  it('never repeats one', () => {
    const keys = Array.from({ length: 500 }, createApiKey);

    expect(new Set(keys.map(({ text }) => text)).size).toBe(500);
    expect(new Set(keys.map(({ publicId }) => publicId)).size).toBe(500);
  });
});

describe('publicIdOf', () => {
  it('reads the id of a key whose secret has any of its letters', () => {
    expect(publicIdOf(`gg_0123456789_${'a_-Z9'.repeat(8)}abc`)).toBe('0123456789');
  });

  it.each([
    '',
    'sk-1234',
    'gg_',
    `gg_0123456789_${'a'.repeat(42)}`,
    `gg_0123456789_${'a'.repeat(44)}`,
    `gg_012345678_${'a'.repeat(43)}`,
    `gg_ABCDEFGHIJ_${'a'.repeat(43)}`,
    ` gg_0123456789_${'a'.repeat(43)}`,
    `gg_0123456789_${'a'.repeat(43)}\n`,
    'x'.repeat(1_000_000),
  ])('knows that %.20j is none', (text) => {
    expect(publicIdOf(text)).toBeUndefined();
  });
});

describe('digestApiKey', () => {
  it('is SHA-256 of the whole key, so the public id cannot be exchanged', () => {
    expect(digestApiKey('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
