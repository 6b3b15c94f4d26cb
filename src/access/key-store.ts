import { timingSafeEqual } from 'node:crypto';
import Database from 'better-sqlite3';
import { openDatabase } from '../storage/open-database.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable-error.ts';
import { createApiKey, digestApiKey, publicIdOf } from './api-key.ts';

/** What is known of an API key, without its secret. */
export interface KeyRecord {
  /** The middle part of the key: safe to show, and the owner of the key's answers. */
  readonly id: string;
  readonly label: string;
  /** Unix time in milliseconds. */
  readonly createdAt: number;
  readonly revokedAt?: number;
  /** The key's own limit; absent: the configured one. 0: none. */
  readonly requestsPerMinute?: number;
}

/** What a new key is called and may do. */
interface KeyRequest {
  readonly label: string;
  readonly requestsPerMinute?: number | undefined;
}

/** API keys in `access.db`. Every call reads the file (microseconds), so a revocation holds at once in all processes. */
export interface KeyStore {
  /** Makes a key; its text can be read here and never again. */
  create(request: KeyRequest): { readonly text: string; readonly key: KeyRecord };
  /** The record of a valid key; undefined when it is malformed, unknown or revoked. */
  verify(text: string): KeyRecord | undefined;
  /** All keys, oldest first. */
  list(): KeyRecord[];
  /** False when there is no such key; a key that is revoked already stays as it is. */
  revoke(id: string): boolean;
  /** Whether any key could open the door now. */
  hasKeys(): boolean;
  close(): void;
}

const ACCESS_MIGRATIONS = [
  `
  CREATE TABLE api_keys (
    public_id TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    requests_per_minute INTEGER CHECK (requests_per_minute >= 0)
  ) STRICT;
  `,
] as const;
/** Only commands write here, and briefly; requests read, and readers do not wait in WAL mode. */
const BUSY_TIMEOUT_MS = 1000;
/** Compared against when the id is unknown, so that it takes the time a known id takes. */
const NO_DIGEST = Buffer.alloc(32);

interface KeyRow {
  readonly public_id: string;
  readonly digest: Buffer;
  readonly label: string;
  readonly created_at: number;
  readonly revoked_at: number | null;
  readonly requests_per_minute: number | null;
}

/** Opens the key file, made when it is not there; its calls throw `StorageUnavailableError` when SQLite cannot answer. */
export function openKeyStore(path: string): KeyStore {
  return new SqliteKeyStore(
    openDatabase({ path, migrations: ACCESS_MIGRATIONS, busyTimeoutMs: BUSY_TIMEOUT_MS }),
  );
}

class SqliteKeyStore implements KeyStore {
  readonly #database: Database.Database;
  readonly #byId: Database.Statement<[string], KeyRow>;
  readonly #usable: Database.Statement<[], number>;

  constructor(database: Database.Database) {
    this.#database = database;
    this.#byId = database.prepare('SELECT * FROM api_keys WHERE public_id = ?');
    this.#usable = database
      .prepare<[], number>('SELECT 1 FROM api_keys WHERE revoked_at IS NULL LIMIT 1')
      .pluck();
  }

  create({ label, requestsPerMinute }: KeyRequest): { text: string; key: KeyRecord } {
    const { publicId, text, digest } = createApiKey();
    const createdAt = Date.now();
    available(() =>
      this.#database
        .prepare('INSERT INTO api_keys VALUES (?, ?, ?, ?, NULL, ?)')
        .run(publicId, digest, label, createdAt, requestsPerMinute ?? null),
    );
    return {
      text,
      key: { id: publicId, label, createdAt, ...(requestsPerMinute !== undefined && { requestsPerMinute }) },
    };
  }

  verify(text: string): KeyRecord | undefined {
    const publicId = publicIdOf(text);
    if (publicId === undefined) return undefined;
    const row = available(() => this.#byId.get(publicId));
    const matches = timingSafeEqual(digestApiKey(text), row?.digest ?? NO_DIGEST);
    return row && matches && row.revoked_at === null ? toKeyRecord(row) : undefined;
  }

  list(): KeyRecord[] {
    const select = this.#database.prepare<[], KeyRow>(
      'SELECT * FROM api_keys ORDER BY created_at, public_id',
    );
    return available(() => select.all()).map(toKeyRecord);
  }

  revoke(id: string): boolean {
    const update = this.#database.prepare(
      'UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE public_id = ?',
    );
    return available(() => update.run(Date.now(), id)).changes > 0;
  }

  hasKeys(): boolean {
    return available(() => this.#usable.get()) !== undefined;
  }

  close(): void {
    this.#database.close();
  }
}

function toKeyRecord(row: KeyRow): KeyRecord {
  return {
    id: row.public_id,
    label: row.label,
    createdAt: row.created_at,
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
    ...(row.requests_per_minute !== null && { requestsPerMinute: row.requests_per_minute }),
  };
}

function available<Value>(access: () => Value): Value {
  try {
    return access();
  } catch (error) {
    if (error instanceof Database.SqliteError) throw new StorageUnavailableError(error.code, error);
    throw error;
  }
}
