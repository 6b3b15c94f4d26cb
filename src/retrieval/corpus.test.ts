import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCorpus } from './corpus.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corpus-'));
  path = join(folder, 'corpus.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('openCorpus', () => {
  it('creates a file with the schema and opens it again', () => {
    openCorpus(path).close();
    const corpus = openCorpus(path);
    expect(corpus.database.pragma('user_version', { simple: true })).toBe(2);
    expect(corpus.database.prepare('SELECT number FROM revision').all()).toEqual([{ number: 0 }]);
    corpus.close();
  });

  it('takes passages of the version before along, as those of an untrusted source', () => {
    const before = openCorpus(path);
    before.database.exec(
      `INSERT INTO passages VALUES (1, 'handbook', 'en', 'a', 0, 't', 'h', 'x', 'hash', 'a.md', 'A', 'Text.', 'trusted', NULL);
       ALTER TABLE passages DROP COLUMN verdict;
       ALTER TABLE passages DROP COLUMN trust;
       PRAGMA user_version = 1`,
    );
    before.close();
    const corpus = openCorpus(path);
    expect(corpus.database.prepare('SELECT text, trust, verdict FROM passages').all()).toEqual([
      { text: 'Text.', trust: 'untrusted', verdict: null },
    ]);
    corpus.close();
  });

  it('opens read-only for workers, who cannot write', () => {
    openCorpus(path).close();
    const corpus = openCorpus(path, { readOnly: true });
    expect(() => corpus.database.exec('UPDATE revision SET number = 9')).toThrow(/readonly/);
    corpus.close();
  });

  it('reads while another connection writes', () => {
    const writer = openCorpus(path);
    const reader = openCorpus(path, { readOnly: true });
    writer.database.exec('BEGIN IMMEDIATE; UPDATE revision SET number = 1');
    expect(reader.database.prepare('SELECT number FROM revision').all()).toEqual([{ number: 0 }]);
    writer.database.exec('COMMIT');
    expect(reader.database.prepare('SELECT number FROM revision').all()).toEqual([{ number: 1 }]);
    reader.close();
    writer.close();
  });

  it('refuses a file from a newer version, unchanged', () => {
    const newer = new Database(path);
    newer.pragma('user_version = 7');
    newer.close();
    expect(() => openCorpus(path)).toThrow(
      /schema version 7, this version of Glassgate knows versions up to 2/,
    );
    const after = new Database(path);
    expect(after.pragma('user_version', { simple: true })).toBe(7);
    after.close();
  });

  it('refuses to read a file that has no schema yet, or is not there', () => {
    new Database(path).exec('CREATE TABLE other (x)').close();
    expect(() => openCorpus(path, { readOnly: true })).toThrow(
      /schema version 0 and has to be opened for writing first/,
    );
    expect(() => openCorpus(join(folder, 'none.sqlite'), { readOnly: true })).toThrow(/unable to open/);
  });
});
