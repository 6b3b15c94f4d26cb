import Database from 'better-sqlite3';
import { migrate, requireKnownVersion } from '../storage/migrate.ts';
import { openDatabase } from '../storage/open-database.ts';

/** An open database file of passages and their index. */
export interface Corpus {
  readonly database: Database.Database;
  close(): void;
}

/** How a corpus is opened. */
export interface OpenCorpusOptions {
  /** For workers: the file must exist already and is never written. */
  readonly readOnly?: boolean;
}

const WRITER_BUSY_TIMEOUT_MS = 5_000;

/** See `migrate`: entry `n` takes a file from version `n` to `n + 1`. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE documents (
     collection TEXT NOT NULL,
     id TEXT NOT NULL,
     hash TEXT NOT NULL,
     PRIMARY KEY (collection, id)
   ) WITHOUT ROWID;
   CREATE TABLE passages (
     key INTEGER PRIMARY KEY,
     collection TEXT NOT NULL,
     language TEXT NOT NULL,
     document_id TEXT NOT NULL,
     position INTEGER NOT NULL,
     title_terms TEXT NOT NULL,
     heading_terms TEXT NOT NULL,
     text_terms TEXT NOT NULL,
     hash TEXT NOT NULL,
     source TEXT NOT NULL,
     title TEXT NOT NULL,
     text TEXT NOT NULL,
     UNIQUE (collection, document_id, position)
   );
   CREATE VIRTUAL TABLE passage_index USING fts5(
     title, heading, text, content='', contentless_delete=1, tokenize='unicode61'
   );
   -- Grows by one with every change, so that readers know when what they remember is old.
   CREATE TABLE revision (number INTEGER NOT NULL);
   INSERT INTO revision VALUES (0);`,
  `ALTER TABLE passages ADD COLUMN trust TEXT NOT NULL DEFAULT 'untrusted';
   -- What the guard said when the document was read in: a verdict as JSON, or nothing when it let the passage through.
   ALTER TABLE passages ADD COLUMN verdict TEXT;`,
];

/** Opens or creates a corpus file (`:memory:` for none) and brings it to this version's schema. */
export function openCorpus(path: string, options: OpenCorpusOptions = {}): Corpus {
  const database = options.readOnly === true ? openReadOnly(path) : openForWriting(path);
  return { database, close: () => void database.close() };
}

function openForWriting(path: string): Database.Database {
  if (path !== ':memory:')
    return openDatabase({ path, migrations: MIGRATIONS, busyTimeoutMs: WRITER_BUSY_TIMEOUT_MS });
  const database = new Database(path);
  migrate(database, MIGRATIONS);
  return database;
}

/** A reader in WAL mode waits for nobody: a lock it meets is a fault, and waiting would stop the whole worker. */
function openReadOnly(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: 0 });
  try {
    requireKnownVersion(database, MIGRATIONS.length);
    const version = Number(database.pragma('user_version', { simple: true }));
    if (version < MIGRATIONS.length)
      throw new Error(`${path} has schema version ${version} and has to be opened for writing first.`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
