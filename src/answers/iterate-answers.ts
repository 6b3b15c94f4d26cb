import type Database from 'better-sqlite3';
import { ANSWER_COLUMNS, type AnswerRow, type FeedbackColumns, fromAnswerRow } from './answer-row.ts';
import type { StoredAnswer } from './stored-answer.ts';

/** Which answers to read; times are Unix milliseconds, `since` included and `until` not. */
export interface AnswerFilter {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** `any`: a thumb was given; `none`: none was, or it was withdrawn; absent: all answers. */
  readonly rating?: 'up' | 'down' | 'any' | 'none' | undefined;
}

const IN_TIME = 'answers.created_at >= ? AND answers.created_at < ?';
const OLDEST_FIRST = 'ORDER BY answers.created_at, answers.answer_id';
const BY_TIME = `SELECT ${ANSWER_COLUMNS} FROM answers LEFT JOIN feedback USING (answer_id) WHERE ${IN_TIME}`;
// CROSS JOIN fixes the order: few answers are rated, so the ratings lead and the answers are looked up.
const BY_RATING = `SELECT ${ANSWER_COLUMNS} FROM feedback CROSS JOIN answers USING (answer_id) WHERE ${IN_TIME}`;

/** The selects of each filter; a test looks at their query plans. */
export const SELECT_ANSWERS = {
  all: `${BY_TIME} ${OLDEST_FIRST}`,
  none: `${BY_TIME} AND rating IS NULL ${OLDEST_FIRST}`,
  any: `${BY_RATING} AND rating IN ('up', 'down') ${OLDEST_FIRST}`,
  up: `${BY_RATING} AND rating = 'up' ${OLDEST_FIRST}`,
  down: `${BY_RATING} AND rating = 'down' ${OLDEST_FIRST}`,
} as const;

/** Reads answers with their feedback one by one, oldest first, as they were when the reading began. */
export function* iterateAnswers(database: Database.Database, filter: AnswerFilter): Generator<StoredAnswer> {
  const select = database.prepare<[number, number], AnswerRow & FeedbackColumns>(
    SELECT_ANSWERS[filter.rating ?? 'all'],
  );
  const rows = select.iterate(filter.since ?? 0, filter.until ?? Number.MAX_SAFE_INTEGER);
  for (const row of rows) yield fromAnswerRow(row);
}
