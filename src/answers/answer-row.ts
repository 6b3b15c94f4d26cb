import type {
  AnswerRecord,
  AnswerVersions,
  Feedback,
  StageTiming,
  UsedPassage,
} from '../domain/answer-record.ts';
import type { WrittenRecord } from './stored-texts.ts';
import type { AnswerTrace, Rating, StoredAnswer } from './stored-answer.ts';

/** The columns of an answer and its feedback, each passage with its text again. */
export const ANSWER_COLUMNS = `answers.*, rating, comment, reasons, updated_at, (
    SELECT json_group_array(json_set(value, '$.text', coalesce(
      value ->> '$.text', (SELECT text FROM passage_texts WHERE hash = value ->> '$.hash'), ''
    )) ORDER BY key) FROM json_each(answers.passages)
  ) AS passages`;

/** A row of the table `answers`. */
export interface AnswerRow {
  readonly answer_id: string;
  readonly owner: string;
  readonly request_id: string;
  readonly trace_id: string;
  readonly chat_span_id: string | null;
  readonly response_id: string | null;
  readonly created_at: number;
  readonly question: string;
  readonly answer: string;
  readonly model: string;
  readonly stream: number;
  readonly outcome: string;
  readonly error_code: string | null;
  readonly finish_reason: string | null;
  /** JSON, as are stages and versions: read with their answer as a whole, never searched. */
  readonly passages: string;
  readonly stages: string;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly time_to_first_token_ms: number | null;
  readonly duration_ms: number;
  readonly overhead_ms: number;
  readonly versions: string;
}

/** A row of the table `feedback` beside an answer; every column is null when there is none. */
export interface FeedbackColumns {
  readonly rating: Rating | null;
  readonly comment: string | null;
  readonly reasons: string | null;
  readonly updated_at: number | null;
}

/** The columns of a record; the texts of its passages are in a table of their own. */
export function toAnswerRow(record: WrittenRecord): AnswerRow {
  return {
    answer_id: record.answerId,
    owner: record.owner,
    request_id: record.requestId,
    trace_id: record.traceId,
    chat_span_id: record.chatSpanId ?? null,
    response_id: record.responseId ?? null,
    created_at: record.createdAt,
    question: record.question,
    answer: record.answer,
    model: record.model,
    stream: record.stream ? 1 : 0,
    outcome: record.outcome,
    error_code: record.errorCode ?? null,
    finish_reason: record.finishReason ?? null,
    passages: JSON.stringify(record.passages.map((passage) => ({ ...passage, text: undefined }))),
    stages: JSON.stringify(record.stages),
    input_tokens: record.usage?.inputTokens ?? null,
    output_tokens: record.usage?.outputTokens ?? null,
    time_to_first_token_ms: record.timeToFirstTokenMs ?? null,
    duration_ms: record.durationMs,
    overhead_ms: record.overheadMs,
    versions: JSON.stringify(record.versions),
  };
}

/** The record and feedback of a row read by `ANSWER_COLUMNS`. */
export function fromAnswerRow(row: AnswerRow & FeedbackColumns): StoredAnswer {
  const feedback = fromFeedbackColumns(row.answer_id, row);
  return {
    answerId: row.answer_id,
    owner: row.owner,
    requestId: row.request_id,
    ...traceOf(row),
    createdAt: row.created_at,
    question: row.question,
    answer: row.answer,
    model: row.model,
    stream: row.stream === 1,
    outcome: row.outcome as AnswerRecord['outcome'],
    ...(row.error_code !== null && { errorCode: row.error_code }),
    ...(row.finish_reason !== null && { finishReason: row.finish_reason }),
    passages: JSON.parse(row.passages) as UsedPassage[],
    stages: JSON.parse(row.stages) as StageTiming[],
    ...(row.input_tokens !== null &&
      row.output_tokens !== null && {
        usage: { inputTokens: row.input_tokens, outputTokens: row.output_tokens },
      }),
    ...(row.time_to_first_token_ms !== null && { timeToFirstTokenMs: row.time_to_first_token_ms }),
    durationMs: row.duration_ms,
    overheadMs: row.overhead_ms,
    versions: JSON.parse(row.versions) as AnswerVersions,
    ...(feedback && { feedback }),
  };
}

/** Feedback as the domain knows it; undefined when there is no row. */
export function fromFeedbackColumns(answerId: string, row: FeedbackColumns): Feedback | undefined {
  if (row.updated_at === null) return undefined;
  return {
    answerId,
    rating: row.rating,
    ...(row.comment !== null && { comment: row.comment }),
    ...(row.reasons !== null && { reasons: JSON.parse(row.reasons) as string[] }),
    updatedAt: row.updated_at,
  };
}

/** Where the telemetry of an answer is. */
export function traceOf(row: Pick<AnswerRow, 'trace_id' | 'chat_span_id' | 'response_id'>): AnswerTrace {
  return {
    traceId: row.trace_id,
    ...(row.chat_span_id !== null && { chatSpanId: row.chat_span_id }),
    ...(row.response_id !== null && { responseId: row.response_id }),
  };
}
