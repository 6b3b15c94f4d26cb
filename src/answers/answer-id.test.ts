import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAnswerId, ownsAnswerId } from './answer-id.ts';

const SECRET = Buffer.alloc(32, 1);

describe('createAnswerId', () => {
  it('makes ids of one shape that never repeat', () => {
    const ids = Array.from({ length: 1000 }, () => createAnswerId('key:alice', SECRET));

    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(/^ans_[A-Za-z0-9_-]{32}$/);
  });

  it('does not show the owner', () => {
    const decoded = Buffer.from(createAnswerId('key:alice', SECRET).slice(4), 'base64url').toString('latin1');

    expect(decoded).not.toContain('alice');
  });
});

describe('ownsAnswerId', () => {
  it('says yes to every owner of their own id', () => {
    assert(
      property(string({ unit: 'binary' }), (owner) => {
        expect(ownsAnswerId(createAnswerId(owner, SECRET), owner, SECRET)).toBe(true);
      }),
    );
  });

  it('says no to another owner', () => {
    assert(
      property(string(), string(), (owner, other) => {
        expect(ownsAnswerId(createAnswerId(owner, SECRET), other, SECRET)).toBe(owner === other);
      }),
    );
  });

  it('says no to an id made with another secret', () => {
    const id = createAnswerId('key:alice', Buffer.alloc(32, 2));

    expect(ownsAnswerId(id, 'key:alice', SECRET)).toBe(false);
  });

  it('says no when any one bit of the id is changed', () => {
    const id = createAnswerId('key:alice', SECRET);
    const bytes = Buffer.from(id.slice(4), 'base64url');

    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(ownsAnswerId(`ans_${changed.toString('base64url')}`, 'key:alice', SECRET)).toBe(false);
    }
  });

  it.each([
    '',
    'ans_',
    'ans_short',
    `ans_${'a'.repeat(33)}`,
    `ans_${'!'.repeat(32)}`,
    `ans_${'a'.repeat(32)}\n`,
  ])('says no to the malformed id %j', (id) => {
    expect(ownsAnswerId(id, 'key:alice', SECRET)).toBe(false);
  });
});
