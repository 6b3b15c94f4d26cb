import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable-error.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';

describe('a key', () => {
  it('is known by its text, with its label and its limit', () => {
    const { store } = setUp();
    const { text, key } = store.create({ label: 'ci', requestsPerMinute: 30 });

    expect(store.verify(text)).toEqual({
      id: text.slice(3, 13),
      label: 'ci',
      createdAt: expect.any(Number) as number,
      requestsPerMinute: 30,
    });
    expect(store.verify(text)).toEqual(key);
  });

  it('has no limit of its own unless it was given one, and 0 is one', () => {
    const { store } = setUp();

    expect(store.verify(store.create({ label: 'a' }).text)).not.toHaveProperty('requestsPerMinute');
    expect(store.verify(store.create({ label: 'b', requestsPerMinute: 0 }).text)).toMatchObject({
      requestsPerMinute: 0,
    });
  });

  it('is refused when any letter of it is another', () => {
    const { store } = setUp();
    const { text } = store.create({ label: 'ci' });

    for (let place = 0; place < text.length; place += 1) {
      // The last letter carries two unused bits: the key is compared as text, so even those count.
      const letter = text[place] === 'b' ? 'c' : 'b';
      expect(store.verify(text.slice(0, place) + letter + text.slice(place + 1))).toBeUndefined();
    }
  });

  it('is refused when its id is that of another key', () => {
    const { store } = setUp();
    const [one, two] = [store.create({ label: 'one' }), store.create({ label: 'two' })];

    expect(store.verify(`gg_${two.key.id}_${one.text.slice(14)}`)).toBeUndefined();
  });

  it('stands nowhere in the files, in no encoding', () => {
    const { store, folder } = setUp();
    const { text } = store.create({ label: 'ci' });
    const secret = Buffer.from(text.slice(14), 'base64url');

    for (const file of readdirSync(folder)) {
      const content = readFileSync(join(folder, file));
      for (const form of [text, text.slice(14), secret, secret.toString('hex')])
        expect(content.includes(form)).toBe(false);
    }
    expect(statSync(join(folder, 'access.db')).mode & 0o777).toBe(0o600);
  });
});

describe('revoke', () => {
  it('holds at once in every store on the file', () => {
    const { store, path } = setUp();
    const elsewhere = open(path);
    const { text, key } = store.create({ label: 'ci' });
    expect(elsewhere.verify(text)).toEqual(key);

    expect(store.revoke(key.id)).toBe(true);

    expect(elsewhere.verify(text)).toBeUndefined();
    expect(store.verify(text)).toBeUndefined();
  });

  it('says when there is no such key, and keeps the time of the first revocation', () => {
    const { store, path } = setUp();
    const { key } = store.create({ label: 'ci' });
    store.revoke(key.id);
    const database = new Database(path);
    onTestFinished(() => void database.close());
    database.exec('UPDATE api_keys SET revoked_at = 5');

    expect(store.revoke(key.id)).toBe(true);
    expect(store.revoke('unknown')).toBe(false);

    expect(store.list()).toEqual([{ ...key, revokedAt: 5 }]);
  });
});

describe('list and hasKeys', () => {
  it('list all keys, oldest first', () => {
    const { store } = setUp();
    const keys = ['one', 'two', 'three'].map((label) => store.create({ label }).key);

    expect(new Set(store.list())).toEqual(new Set(keys));
  });

  it('know whether any key opens the door', () => {
    const { store } = setUp();
    expect(store.hasKeys()).toBe(false);

    const { key } = store.create({ label: 'ci' });
    expect(store.hasKeys()).toBe(true);

    store.revoke(key.id);
    expect(store.hasKeys()).toBe(false);
  });
});

describe('a locked file', () => {
  it('does not keep callers out: keys are read beside a writer', () => {
    const { store, path } = setUp();
    const { text, key } = store.create({ label: 'ci' });
    const holder = new Database(path);
    onTestFinished(() => void holder.close());
    holder.exec('BEGIN EXCLUSIVE');

    expect(store.verify(text)).toEqual(key);
    expect(store.hasKeys()).toBe(true);
  });

  it('fails a command that writes, with a code', () => {
    const { store, path } = setUp();
    const holder = new Database(path);
    onTestFinished(() => void holder.close());
    holder.exec('BEGIN EXCLUSIVE');

    expect(() => store.create({ label: 'ci' })).toThrow(expect.objectContaining({ reason: 'SQLITE_BUSY' }));

    holder.exec('ROLLBACK');
    expect(store.list()).toEqual([]);
  });
});

describe('a broken file', () => {
  it('is told apart from a wrong key', () => {
    const { store, path } = setUp();
    const { text } = store.create({ label: 'ci' });
    const vandal = new Database(path);
    vandal.exec('DROP TABLE api_keys');
    vandal.close();

    expect(() => store.verify(text)).toThrow(StorageUnavailableError);
    expect(() => store.hasKeys()).toThrow(StorageUnavailableError);
    expect(store.verify('no key at all')).toBeUndefined();
  });

  it('from a newer version is refused', () => {
    const { path } = setUp();
    const newer = new Database(path);
    newer.pragma('user_version = 99');
    newer.close();

    expect(() => openKeyStore(path)).toThrow(/access\.db has schema version 99.*up to 1/);
  });
});

function setUp(): { store: KeyStore; path: string; folder: string } {
  const folder = temporaryFolder();
  const path = join(folder, 'access.db');
  return { store: open(path), path, folder };
}

function open(path: string): KeyStore {
  const store = openKeyStore(path);
  onTestFinished(() => store.close());
  return store;
}
