import { describe, expect, test } from 'vitest';
import { answerRecord } from '../../answers/__fixtures__/answer-record.ts';
import type { StoredAnswer } from '../../answers/stored-answer.ts';
import { answerView, feedbackView } from './answer-view.ts';

const ANSWER: StoredAnswer = {
  ...answerRecord(),
  durationMs: 123.45678,
  overheadMs: 3.21,
  timeToFirstTokenMs: 50.0004,
  stages: [
    { stage: 'input_guard', startMs: 0.12345, durationMs: 0.5, outcome: 'ok', verdict: { action: 'allow' } },
    { stage: 'generate', startMs: 1, durationMs: 100, outcome: 'ok' },
  ],
};

describe('the view of an answer', () => {
  test('says everything the owner may know, in the names of the API', () => {
    const view = answerView(ANSWER, 'http://grafana/trace/{trace_id}') as Record<string, unknown>;
    expect(Object.keys(view)).toEqual([
      'object',
      'answer_id',
      'request_id',
      'trace_id',
      'trace_url',
      'created_at',
      'model',
      'stream',
      'outcome',
      'error_code',
      'finish_reason',
      'question',
      'answer',
      'duration_ms',
      'overhead_ms',
      'time_to_first_token_ms',
      'usage',
      'stages',
      'passages',
      'versions',
      'feedback',
    ]);
    expect(view).toMatchObject({
      object: 'glassgate.answer',
      answer_id: ANSWER.answerId,
      trace_url: `http://grafana/trace/${ANSWER.traceId}`,
      duration_ms: 123.457,
      time_to_first_token_ms: 50,
      versions: ANSWER.versions,
    });
  });

  test('says nothing of the owner and of the spans', () => {
    const text = JSON.stringify(answerView(ANSWER, undefined));
    expect(text).not.toContain(ANSWER.owner);
    expect(text).not.toContain('span');
  });

  test('has null for what there is not, and no field is missing', () => {
    const {
      usage: _usage,
      timeToFirstTokenMs: _time,
      finishReason: _reason,
      errorCode: _code,
      ...rest
    } = ANSWER;
    expect(answerView({ ...rest, passages: [] }, undefined)).toMatchObject({
      trace_url: null,
      error_code: null,
      finish_reason: null,
      time_to_first_token_ms: null,
      usage: null,
      passages: [],
      feedback: null,
    });
  });

  test('shows the stages in their order, a verdict where there is one', () => {
    expect(answerView(ANSWER, undefined)).toMatchObject({
      stages: [
        {
          stage: 'input_guard',
          start_ms: 0.123,
          duration_ms: 0.5,
          outcome: 'ok',
          verdict: { action: 'allow' },
        },
        { stage: 'generate', start_ms: 1, duration_ms: 100, outcome: 'ok' },
      ],
    });
    const { stages } = answerView(ANSWER, undefined) as { stages: object[] };
    expect(stages[1]).not.toHaveProperty('verdict');
  });

  test('shows the passages, and null for the number of one that was set aside', () => {
    const passage = {
      id: 'a#0',
      title: 'T',
      source: 'S',
      position: 0,
      score: 0.5,
      hash: 'h',
      text: 'text',
      verdict: { action: 'block', rule: 'boundary-forgery', category: 'LLM01' },
    } as const;
    expect(answerView({ ...ANSWER, passages: [{ ...passage, n: 1 }, passage] }, undefined)).toMatchObject({
      passages: [
        { ...passage, n: 1 },
        { ...passage, n: null },
      ],
    });
  });

  test('shows tokens under their public names', () => {
    const usage = { inputTokens: 7, outputTokens: 2 };
    expect(answerView({ ...ANSWER, usage }, undefined)).toMatchObject({
      usage: { input_tokens: 7, output_tokens: 2 },
    });
  });

  test('the trace id goes into the link wherever it is wanted', () => {
    const url = 'x/{trace_id}?from={trace_id}';
    const { trace_url: link } = answerView(ANSWER, url) as { trace_url: string };
    expect(link).toBe(`x/${ANSWER.traceId}?from=${ANSWER.traceId}`);
  });
});

describe('the view of feedback', () => {
  test('with everything', () => {
    const feedback = {
      answerId: 'a',
      rating: 'down',
      comment: 'no',
      reasons: ['wrong'],
      updatedAt: 7,
    } as const;
    expect(feedbackView(feedback)).toEqual({
      rating: 'down',
      comment: 'no',
      reasons: ['wrong'],
      updated_at: 7,
    });
    expect(answerView({ ...ANSWER, feedback }, undefined)).toMatchObject({ feedback: { rating: 'down' } });
  });

  test('with nothing but a withdrawal', () => {
    expect(feedbackView({ answerId: 'a', rating: null, updatedAt: 7 })).toEqual({
      rating: null,
      comment: null,
      reasons: [],
      updated_at: 7,
    });
  });
});
