import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate, NewerDatabaseError, requireKnownVersion } from './migrate.ts';

const FIRST = 'CREATE TABLE pets (name TEXT)';
const SECOND = "INSERT INTO pets VALUES ('cat')";

describe('migrate', () => {
  it('runs every step once, in order, and writes down the version', () => {
    const database = memoryDatabase();

    migrate(database, [FIRST, SECOND]);

    expect(versionOf(database)).toBe(2);
    expect(petsOf(database)).toEqual(['cat']);
  });

  it('does nothing to a database that is up to date', () => {
    const database = memoryDatabase();
    migrate(database, [FIRST, SECOND]);

    migrate(database, [FIRST, SECOND]);

    expect(petsOf(database)).toEqual(['cat']);
  });

  it('runs only the steps that an older database has not seen', () => {
    const database = memoryDatabase();
    migrate(database, [FIRST]);
    database.exec("INSERT INTO pets VALUES ('dog')");

    migrate(database, [FIRST, SECOND]);

    expect(petsOf(database)).toEqual(['dog', 'cat']);
  });

  it('takes a step back as a whole when a part of it fails, and keeps the steps before', () => {
    const database = memoryDatabase();
    const broken = "INSERT INTO pets VALUES ('half'); INSERT INTO nowhere VALUES (1)";

    expect(() => migrate(database, [FIRST, SECOND, broken])).toThrow('no such table: nowhere');

    expect(versionOf(database)).toBe(2);
    expect(petsOf(database)).toEqual(['cat']);
  });

  it('refuses a database from a newer version, names both versions and changes nothing', () => {
    const database = memoryDatabase();
    database.pragma('user_version = 7');

    expect(() => migrate(database, [FIRST, SECOND])).toThrow(NewerDatabaseError);
    expect(() => migrate(database, [FIRST, SECOND])).toThrow(
      /has schema version 7, this version of Glassgate knows versions up to 2/,
    );

    expect(versionOf(database)).toBe(7);
    expect(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(0);
  });
});

describe('requireKnownVersion', () => {
  it('lets older and equal versions pass', () => {
    const database = memoryDatabase();
    database.pragma('user_version = 2');

    expect(() => requireKnownVersion(database, 2)).not.toThrow();
    expect(() => requireKnownVersion(database, 3)).not.toThrow();
    expect(() => requireKnownVersion(database, 1)).toThrow(NewerDatabaseError);
  });
});

function memoryDatabase(): Database.Database {
  const database = new Database(':memory:');
  onTestFinished(() => void database.close());
  return database;
}

function versionOf(database: Database.Database): unknown {
  return database.pragma('user_version', { simple: true });
}

function petsOf(database: Database.Database): unknown[] {
  return database.prepare('SELECT name FROM pets').pluck().all();
}
