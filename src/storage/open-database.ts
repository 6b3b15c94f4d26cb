import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { migrate } from './migrate.ts';

/** What a database file needs to be opened. */
export interface DatabaseOptions {
  readonly path: string;
  /** SQL of each schema version, in order; see `migrate`. */
  readonly migrations: readonly string[];
  /** Longest wait for another process's write. */
  readonly busyTimeoutMs: number;
}

/** Time in which all processes that start together must have agreed on the file's mode and schema. */
const OPEN_TIMEOUT_MS = 5000;
const RETRY_DELAY_MS = 10;

/** Opens a database for reading and writing, makes it if it is not there, and brings its schema up to date. */
export function openDatabase({ path, migrations, busyTimeoutMs }: DatabaseOptions): Database.Database {
  createPrivateFile(path);
  const database = new Database(path, { timeout: OPEN_TIMEOUT_MS });
  try {
    useWriteAheadLog(database);
    // NORMAL: a killed process loses nothing; a power cut may lose the last commits, never the database.
    database.pragma('synchronous = NORMAL');
    migrate(database, migrations);
    database.pragma(`busy_timeout = ${busyTimeoutMs}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The files hold what people asked: nobody but the service's user may read them. SQLite copies the mode to -wal and -shm. */
function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}

/** SQLite answers BUSY at once, without its busy timeout, when two processes change the mode together. */
function useWriteAheadLog(database: Database.Database): void {
  const deadline = Date.now() + OPEN_TIMEOUT_MS;
  for (;;) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      pause(RETRY_DELAY_MS);
    }
  }
}

/** Whether SQLite refused because another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** Blocks the thread: opening happens before a process serves anybody. */
function pause(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}
