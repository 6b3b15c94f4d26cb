import Database from 'better-sqlite3';
import type { Feedback } from '../domain/answer-record.ts';
import { openDatabase } from '../storage/open-database.ts';
import { type FeedbackColumns, fromFeedbackColumns, toAnswerRow } from './answer-row.ts';
import { createPassageTexts, type PassageTexts } from './passage-texts.ts';
import { ANSWER_MIGRATIONS } from './schema.ts';
import type { WrittenRecord } from './stored-texts.ts';
import type { RateRequest, Rating } from './stored-answer.ts';

/** Where the writer writes. */
export interface WriterOptions {
  readonly path: string;
  readonly busyTimeoutMs: number;
  /** Upper limit of the file in pages of 4 KiB; the disk's size by default. */
  readonly maxPages?: number | undefined;
}

/** How many records of a batch are stored, and how many can never be. */
export interface BatchResult {
  readonly recorded: number;
  readonly failed: number;
}

/** The stored state after a rating. */
export interface RateResult {
  readonly feedback: Feedback;
  readonly previousRating: Rating | null;
  readonly changed: boolean;
}

/** The write side of `answers.db`; every call is one transaction that is committed or has not happened. */
export interface AnswerWriter {
  /** Stores records given as JSON; one that is stored already counts as recorded. */
  write(records: readonly string[]): BatchResult;
  rate(request: RateRequest): RateResult;
  close(): void;
}

// DO NOTHING instead of OR IGNORE: only a repeated id is harmless, a missing value must be counted as lost.
const INSERT_ANSWER = `
  INSERT INTO answers VALUES (
    @answer_id, @owner, @request_id, @trace_id, @chat_span_id, @response_id, @created_at, @question, @answer,
    @model, @stream, @outcome, @error_code, @finish_reason, @passages, @stages, @input_tokens, @output_tokens,
    @time_to_first_token_ms, @duration_ms, @overhead_ms, @versions
  ) ON CONFLICT (answer_id) DO NOTHING`;
const SELECT_FEEDBACK = 'SELECT rating, comment, reasons, updated_at FROM feedback WHERE answer_id = ?';
const UPSERT_FEEDBACK = `
  INSERT INTO feedback VALUES (@answerId, @owner, @rating, @comment, @reasons, @now, @now)
  ON CONFLICT (answer_id) DO UPDATE SET
    rating = excluded.rating, comment = excluded.comment, reasons = excluded.reasons, updated_at = excluded.updated_at`;

/** Opens the write side; throws what SQLite throws when the file cannot be opened. */
export function openAnswerWriter(options: WriterOptions): AnswerWriter {
  const database = openDatabase({ ...options, migrations: ANSWER_MIGRATIONS });
  if (options.maxPages !== undefined) database.pragma(`max_page_count = ${options.maxPages}`);
  const insert = database.prepare(INSERT_ANSWER);
  const texts = createPassageTexts(database);
  const write = database.transaction((records: readonly string[]): BatchResult => {
    const recorded = records.filter((record) => tryInsert(insert, texts, record)).length;
    return { recorded, failed: records.length - recorded };
  });
  const rate = database.transaction(createRate(database));
  return {
    write: (records) => texts.during(() => write.immediate(records)),
    rate: (request) => rate.immediate(request),
    close: () => database.close(),
  };
}

/** False when this record can never be stored; throws when no record can be stored now. */
function tryInsert(insert: Database.Statement, texts: PassageTexts, json: string): boolean {
  try {
    const record = JSON.parse(json) as WrittenRecord;
    texts.keep(record.passages);
    insert.run(toAnswerRow(record));
    return true;
  } catch (error) {
    if (isStorageFault(error)) throw error;
    return false;
  }
}

/** A constraint or a value of the wrong kind is the record's fault; all else is the storage's. */
function isStorageFault(error: unknown): boolean {
  return error instanceof Database.SqliteError && !/^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(error.code);
}

function createRate(database: Database.Database): (request: RateRequest) => RateResult {
  const select = database.prepare<[string], FeedbackColumns>(SELECT_FEEDBACK);
  const upsert = database.prepare(UPSERT_FEEDBACK);
  return (request) => {
    const stored = select.get(request.answerId);
    const columns = columnsOf(request);
    const changed = !isSame(stored, columns);
    if (changed)
      upsert.run({ answerId: request.answerId, owner: request.owner, ...columns, now: columns.updated_at });
    const now = changed || !stored ? columns : stored;
    return {
      feedback: fromFeedbackColumns(request.answerId, now) as Feedback,
      previousRating: stored?.rating ?? null,
      changed,
    };
  };
}

/** Withdrawing takes the words back too, not only the thumb. */
function columnsOf({ rating, comment, reasons }: RateRequest): FeedbackColumns {
  const kept = rating !== null;
  return {
    rating,
    comment: kept ? (comment ?? null) : null,
    reasons: kept && reasons ? JSON.stringify(reasons) : null,
    updated_at: Date.now(),
  };
}

/** Withdrawing what was never given is no change either: nothing is stored for it. */
function isSame(stored: FeedbackColumns | undefined, wanted: FeedbackColumns): boolean {
  return (
    (stored?.rating ?? null) === wanted.rating &&
    (stored?.comment ?? null) === wanted.comment &&
    (stored?.reasons ?? null) === wanted.reasons
  );
}
