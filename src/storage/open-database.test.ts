import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from './__fixtures__/run-program.ts';
import { temporaryFolder } from './__fixtures__/temporary-folder.ts';
import { isBusy, openDatabase } from './open-database.ts';

const OPEN_ONCE = new URL('./__fixtures__/open-once.ts', import.meta.url);
const MIGRATIONS = ['CREATE TABLE pets (name TEXT)'];

describe('openDatabase', () => {
  it('makes folder and file so that only their owner can read them', () => {
    const path = join(temporaryFolder(), 'new', 'folder', 'pets.db');

    const database = open(path);
    database.exec("INSERT INTO pets VALUES ('cat')");

    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('uses the write-ahead log, no sync per commit, and the given busy timeout', () => {
    const database = open(join(temporaryFolder(), 'pets.db'));

    expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(database.pragma('synchronous', { simple: true })).toBe(1);
    expect(database.pragma('busy_timeout', { simple: true })).toBe(120);
  });

  it('runs each migration once when many processes open a new file together', async () => {
    const path = join(temporaryFolder(), 'steps.db');

    const results = await Promise.all(Array.from({ length: 6 }, () => runProgram(OPEN_ONCE, [path])));

    for (const result of results) expect(result).toEqual({ exitCode: 0, stdout: '[2,3]', stderr: '' });
  });

  it('closes the file again when it cannot be used', () => {
    const path = join(temporaryFolder(), 'pets.db');
    writeFileSync(path, 'this is no database, only a text that is long enough to look like a header of one');

    expect(() => open(path)).toThrow('file is not a database');
  });
});

describe('isBusy', () => {
  it('knows a lock of another connection from other faults', () => {
    const path = join(temporaryFolder(), 'pets.db');
    const holder = open(path);
    const other = open(path);
    other.pragma('busy_timeout = 0');
    holder.exec('BEGIN IMMEDIATE');

    expect(isBusy(thrownBy(() => other.exec("INSERT INTO pets VALUES ('cat')")))).toBe(true);
    expect(isBusy(thrownBy(() => other.exec('INSERT INTO nowhere VALUES (1)')))).toBe(false);
    expect(isBusy(new Error('SQLITE_BUSY'))).toBe(false);
  });
});

function open(path: string): Database.Database {
  const database = openDatabase({ path, migrations: MIGRATIONS, busyTimeoutMs: 120 });
  onTestFinished(() => void database.close());
  return database;
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
