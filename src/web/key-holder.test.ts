import { describe, expect, it } from 'vitest';
import { createKeyHolder } from './key-holder.ts';

describe('createKeyHolder', () => {
  it('keeps, gives and forgets the key', () => {
    const kept = new Map<string, string>();
    const keys = createKeyHolder({
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
      removeItem: (name) => void kept.delete(name),
    });
    expect(keys.get()).toBeUndefined();
    keys.set('gg_secret');
    expect(keys.get()).toBe('gg_secret');
    keys.set(undefined);
    expect(keys.get()).toBeUndefined();
    expect(kept.size).toBe(0);
  });
});
