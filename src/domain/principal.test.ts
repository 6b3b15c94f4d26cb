import { describe, expect, test } from 'vitest';
import { ownerOf, type Principal } from './principal.ts';

describe('the owner of an answer', () => {
  test.each<[Principal, string]>([
    [{ kind: 'key', id: 'abc' }, 'key:abc'],
    [{ kind: 'visitor', id: 'abc' }, 'visitor:abc'],
    [{ kind: 'forwarded', id: 'ann@example.org' }, 'forwarded:ann@example.org'],
    [{ kind: 'local', id: 'loopback' }, 'local:loopback'],
  ])('%j is %s', (principal, owner) => {
    expect(ownerOf(principal)).toBe(owner);
  });

  test('is not the same for the same id of another kind', () => {
    const kinds = ['key', 'visitor', 'forwarded', 'local'] as const;
    expect(new Set(kinds.map((kind) => ownerOf({ kind, id: 'x' }))).size).toBe(kinds.length);
  });

  test('cannot be forged by an id that looks like an owner', () => {
    expect(ownerOf({ kind: 'forwarded', id: 'key:abc' })).not.toBe(ownerOf({ kind: 'key', id: 'abc' }));
  });
});
