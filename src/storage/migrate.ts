import { basename } from 'node:path';
import type Database from 'better-sqlite3';

/** The database was written by a newer version: reading it with an older one could damage it. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';

  constructor(file: string, found: number, known: number) {
    super(
      `${file} has schema version ${found}, this version of Glassgate knows versions up to ${known}: ` +
        'start the newer Glassgate that wrote it, or restore a backup from before the upgrade.',
    );
  }
}

/**
 * Brings a database to the newest schema, forward only: `migrations[0]` leads from version 0 to 1, and so on.
 * Each step is one transaction that begins with the write lock, so processes that start together do not repeat one.
 */
export function migrate(database: Database.Database, migrations: readonly string[]): void {
  const step = database.transaction(() => {
    const version = schemaVersion(database);
    const sql = migrations[version];
    if (sql === undefined) return;
    database.exec(sql);
    database.pragma(`user_version = ${version + 1}`);
  });
  while (schemaVersion(database) < migrations.length) step.immediate();
  requireKnownVersion(database, migrations.length);
}

/** Refuses a database from a newer version. */
export function requireKnownVersion(database: Database.Database, known: number): void {
  const found = schemaVersion(database);
  if (found > known) throw new NewerDatabaseError(basename(database.name), found, known);
}

function schemaVersion(database: Database.Database): number {
  return Number(database.pragma('user_version', { simple: true }));
}
