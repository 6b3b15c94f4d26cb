import Database from 'better-sqlite3';
import type { Feedback } from '../domain/answer-record.ts';
import { requireKnownVersion } from '../storage/migrate.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable-error.ts';
import {
  ANSWER_COLUMNS,
  type AnswerRow,
  type FeedbackColumns,
  fromAnswerRow,
  fromFeedbackColumns,
  traceOf,
} from './answer-row.ts';
import { ANSWER_MIGRATIONS } from './schema.ts';
import type { AnswerTrace, StoredAnswer } from './stored-answer.ts';

/** The read side of `answers.db` for single answers: a few microseconds each, on the calling thread. */
export interface AnswerReader {
  find(answerId: string, owner: string): StoredAnswer | undefined;
  /** Also for answers whose record is not stored (yet). */
  findFeedback(answerId: string): Feedback | undefined;
  findTrace(answerId: string): AnswerTrace | undefined;
  close(): void;
}

/** The select of one owner's answer. */
export const SELECT_ANSWER = `
  SELECT ${ANSWER_COLUMNS}
  FROM answers LEFT JOIN feedback USING (answer_id) WHERE answer_id = ? AND answers.owner = ?`;
const SELECT_FEEDBACK = 'SELECT rating, comment, reasons, updated_at FROM feedback WHERE answer_id = ?';
const SELECT_TRACE = 'SELECT trace_id, chat_span_id, response_id FROM answers WHERE answer_id = ?';

/** In WAL mode a reader waits only for a database that is just being opened or repaired. */
const BUSY_TIMEOUT_MS = 50;

/** Opens an existing answer database for reading only; a missing one or one from a newer version is an error. */
export function openForReading(path: string, busyTimeoutMs = BUSY_TIMEOUT_MS): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  try {
    requireKnownVersion(database, ANSWER_MIGRATIONS.length);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens the read side; its calls throw `StorageUnavailableError` when SQLite cannot answer. */
export function openAnswerReader(path: string): AnswerReader {
  const database = openForReading(path);
  const answer = database.prepare<[string, string], AnswerRow & FeedbackColumns>(SELECT_ANSWER);
  const feedback = database.prepare<[string], FeedbackColumns>(SELECT_FEEDBACK);
  const trace = database.prepare<[string], Parameters<typeof traceOf>[0]>(SELECT_TRACE);
  return {
    find: (answerId, owner) =>
      mapped(
        readable(() => answer.get(answerId, owner)),
        fromAnswerRow,
      ),
    findFeedback: (answerId) =>
      mapped(
        readable(() => feedback.get(answerId)),
        (row) => fromFeedbackColumns(answerId, row),
      ),
    findTrace: (answerId) =>
      mapped(
        readable(() => trace.get(answerId)),
        traceOf,
      ),
    close: () => database.close(),
  };
}

function mapped<Row, Value>(row: Row | undefined, map: (row: Row) => Value): Value | undefined {
  return row === undefined ? undefined : map(row);
}

function readable<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new StorageUnavailableError(
      error instanceof Database.SqliteError ? error.code : 'read_failed',
      error,
    );
  }
}
