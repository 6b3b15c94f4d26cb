import { array, assert, constantFrom, double, integer, option, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerRecord } from '../domain/answer-record.ts';
import { answerRecord, bareRecord } from './__fixtures__/answer-record.ts';
import {
  type FeedbackColumns,
  fromAnswerRow,
  fromFeedbackColumns,
  toAnswerRow,
  traceOf,
} from './answer-row.ts';

const NO_FEEDBACK: FeedbackColumns = { rating: null, comment: null, reasons: null, updated_at: null };

/** Absent instead of undefined, as records have it. */
function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Value;
}

/** As the reader's query gives it: each passage with its text again. */
function asRead(record: AnswerRecord): ReturnType<typeof toAnswerRow> {
  return { ...toAnswerRow(record), passages: JSON.stringify(record.passages) };
}

const anyText = string({ unit: 'binary' });
const anyTime = double({ min: 0, max: 1e9, noNaN: true });
const absent = { nil: undefined };
const anyRecord = record({
  answerId: anyText,
  requestId: anyText,
  owner: anyText,
  traceId: anyText,
  chatSpanId: option(anyText, absent),
  responseId: option(anyText, absent),
  createdAt: integer({ min: 0 }),
  question: anyText,
  answer: anyText,
  model: anyText,
  stream: constantFrom(true, false),
  outcome: constantFrom('answered', 'blocked', 'failed', 'aborted'),
  errorCode: option(anyText, absent),
  finishReason: option(anyText, absent),
  passages: array(record({ id: anyText, text: anyText, score: anyTime })),
  stages: array(record({ stage: constantFrom('retrieve', 'generate'), startMs: anyTime })),
  usage: option(record({ inputTokens: integer({ min: 0 }), outputTokens: integer({ min: 0 }) }), absent),
  timeToFirstTokenMs: option(anyTime, absent),
  durationMs: anyTime,
  overheadMs: anyTime,
  versions: record({ gateway: anyText, prompt: anyText, guard: anyText, corpus: anyText, config: anyText }),
}).map((fields) => withoutUndefined(fields) as unknown as AnswerRecord);

describe('a row', () => {
  it('gives back the record it was made of', () => {
    assert(
      property(anyRecord, (fields) => {
        expect(fromAnswerRow({ ...asRead(fields), ...NO_FEEDBACK })).toEqual(fields);
      }),
    );
  });

  it('leaves the texts of passages to their own table', () => {
    const passages = JSON.parse(toAnswerRow(answerRecord()).passages) as object[];

    expect(passages).toHaveLength(2);
    for (const passage of passages) expect(passage).not.toHaveProperty('text');
  });

  it('keeps fields that are empty or zero apart from absent ones', () => {
    const record = answerRecord({
      answer: '',
      chatSpanId: '',
      finishReason: '',
      usage: { inputTokens: 0, outputTokens: 0 },
      timeToFirstTokenMs: 0,
    });

    expect(fromAnswerRow({ ...asRead(record), ...NO_FEEDBACK })).toEqual(record);
    expect(fromAnswerRow({ ...asRead(bareRecord()), ...NO_FEEDBACK })).not.toHaveProperty('usage');
  });
});

describe('feedback of a row', () => {
  it('is absent without a row of its own', () => {
    expect(fromFeedbackColumns('ans_1', NO_FEEDBACK)).toBeUndefined();
  });

  it('tells a withdrawn rating from none', () => {
    expect(fromFeedbackColumns('ans_1', { ...NO_FEEDBACK, updated_at: 5 })).toEqual({
      answerId: 'ans_1',
      rating: null,
      updatedAt: 5,
    });
  });

  it('comes with the answer it belongs to', () => {
    const record = answerRecord();
    const columns: FeedbackColumns = {
      rating: 'down',
      comment: 'wrong',
      reasons: '["incorrect"]',
      updated_at: 5,
    };

    expect(fromAnswerRow({ ...asRead(record), ...columns })).toEqual({
      ...record,
      feedback: {
        answerId: record.answerId,
        rating: 'down',
        comment: 'wrong',
        reasons: ['incorrect'],
        updatedAt: 5,
      },
    });
  });
});

describe('traceOf', () => {
  it('names only the ids there are', () => {
    expect(traceOf({ trace_id: 't', chat_span_id: 's', response_id: 'r' })).toEqual({
      traceId: 't',
      chatSpanId: 's',
      responseId: 'r',
    });
    expect(traceOf({ trace_id: 't', chat_span_id: null, response_id: null })).toEqual({ traceId: 't' });
  });
});
