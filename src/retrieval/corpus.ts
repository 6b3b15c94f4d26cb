import Database from 'better-sqlite3';

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

/**
 * How long a writer waits for another one. A reader of a file in WAL mode waits for nobody, so a lock it meets
 * is a fault, and waiting would stop the whole worker.
 */
const WRITER_BUSY_TIMEOUT_MS = 5_000;

/** Forward only: entry `n` takes a file from version `n` to `n + 1`. */
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
     hash TEXT NOT NULL,
     source TEXT NOT NULL,
     title TEXT NOT NULL,
     text TEXT NOT NULL,
     UNIQUE (collection, document_id, position)
   );
   CREATE VIRTUAL TABLE passage_index USING fts5(
     title, text, content='', contentless_delete=1, tokenize='porter unicode61'
   );
   -- Grows by one with every change, so that readers know when what they remember is old.
   CREATE TABLE revision (number INTEGER NOT NULL);
   INSERT INTO revision VALUES (0);`,
];

/** Opens or creates a corpus file (`:memory:` for none) and brings it to this version's schema. */
export function openCorpus(path: string, options: OpenCorpusOptions = {}): Corpus {
  const readOnly = options.readOnly === true;
  const database = new Database(path, {
    readonly: readOnly,
    fileMustExist: readOnly,
    timeout: readOnly ? 0 : WRITER_BUSY_TIMEOUT_MS,
  });
  try {
    if (!readOnly) database.pragma('journal_mode = WAL');
    migrate(database, path, readOnly);
  } catch (error) {
    database.close();
    throw error;
  }
  return { database, close: () => void database.close() };
}

function migrate(database: Database.Database, path: string, readOnly: boolean): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version > MIGRATIONS.length)
    throw new Error(
      `${path} is a corpus of version ${version}, made by a newer Glassgate; this one knows version ${MIGRATIONS.length}. ` +
        'Start the newer Glassgate, or delete the file: it is made again from the documents.',
    );
  if (version === MIGRATIONS.length) return;
  if (readOnly)
    throw new Error(`${path} is a corpus of version ${version} and has to be opened for writing first.`);
  database.transaction(() => {
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.pragma(`user_version = ${MIGRATIONS.length}`);
  })();
}
