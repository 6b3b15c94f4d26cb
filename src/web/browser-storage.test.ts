import { describe, expect, it } from 'vitest';
import { createBrowserStorage, type PageStorage } from './browser-storage.ts';

function memoryStorage(kept = new Map<string, string>()): PageStorage & { kept: Map<string, string> } {
  return {
    kept,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
}

const refuse = (): never => {
  throw new DOMException('refused', 'SecurityError');
};

/** Writes, reads, overwrites, removes: what every storage must be able to do. */
function useIt(storage: PageStorage): (string | null)[] {
  const seen = [storage.getItem('a')];
  storage.setItem('a', '1');
  seen.push(storage.getItem('a'));
  storage.setItem('a', '2');
  seen.push(storage.getItem('a'));
  storage.removeItem('a');
  return [...seen, storage.getItem('a')];
}

describe('createBrowserStorage', () => {
  it('uses what the browser gives', () => {
    const given = memoryStorage();
    const storage = createBrowserStorage(() => given);
    expect(useIt(storage)).toEqual([null, '1', '2', null]);
    storage.setItem('b', 'kept');
    expect(given.kept).toEqual(new Map([['b', 'kept']]));
  });

  it.each([
    ['none at all', refuse],
    ['one that refuses everything', () => ({ getItem: refuse, setItem: refuse, removeItem: refuse })],
    ['one that is full', () => ({ ...memoryStorage(), setItem: refuse })],
  ])('works in memory when the browser gives %s', (_name, open) => {
    expect(useIt(createBrowserStorage(open))).toEqual([null, '1', '2', null]);
  });

  it('never shows an older value than the last one set', () => {
    const given = memoryStorage(new Map([['a', 'old']]));
    let isFull = true;
    const setItem = (name: string, value: string) => (isFull ? refuse() : given.setItem(name, value));
    const storage = createBrowserStorage(() => ({ ...given, setItem }));
    storage.setItem('a', 'new');
    expect(storage.getItem('a')).toBe('new');
    isFull = false;
    storage.setItem('a', 'newest');
    expect([storage.getItem('a'), given.kept.get('a')]).toEqual(['newest', 'newest']);
  });
});
