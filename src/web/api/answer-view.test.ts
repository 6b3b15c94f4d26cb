import { describe, expect, it } from 'vitest';
import { readAnswerView, readFeedback } from './answer-view.ts';

const RECORD = {
  object: 'glassgate.answer',
  answer_id: 'ans_1',
  request_id: 'req_1',
  trace_id: 'trace_1',
  trace_url: 'https://traces.example/trace_1',
  created_at: 1_795_500_000_000,
  model: 'glassgate-extractive',
  question: 'Why?',
  stream: true,
  outcome: 'answered',
  error_code: null,
  finish_reason: 'stop',
  duration_ms: 1240,
  overhead_ms: 4.1,
  time_to_first_token_ms: 212,
  usage: { input_tokens: 7, output_tokens: 2 },
  stages: [
    { stage: 'input_guard', start_ms: 0, duration_ms: 0.4, outcome: 'ok', verdict: { action: 'allow' } },
    { stage: 'generate', start_ms: 1, duration_ms: 1200, outcome: 'ok' },
  ],
  passages: [
    {
      n: null,
      id: 'a#0',
      title: 'A',
      source: 'a.md',
      position: 0,
      score: 0.5,
      hash: 'abc',
      text: 'Text.',
      verdict: { action: 'block', rule: 'r', category: 'injection' },
    },
  ],
  versions: { gateway: '0.1.0', prompt: 'v1', guard: 'g', corpus: 'c', config: 'd' },
  feedback: { rating: 'down', comment: null, reasons: ['wrong'], updated_at: 1 },
};

describe('readAnswerView', () => {
  it('reads the record of the contract', () => {
    expect(readAnswerView(RECORD)).toEqual({
      answerId: 'ans_1',
      requestId: 'req_1',
      traceId: 'trace_1',
      traceUrl: 'https://traces.example/trace_1',
      createdAt: 1_795_500_000_000,
      question: 'Why?',
      model: 'glassgate-extractive',
      outcome: 'answered',
      errorCode: undefined,
      durationMs: 1240,
      overheadMs: 4.1,
      timeToFirstTokenMs: 212,
      usage: { inputTokens: 7, outputTokens: 2 },
      stages: [
        { stage: 'input_guard', startMs: 0, durationMs: 0.4, outcome: 'ok', verdict: { action: 'allow' } },
        { stage: 'generate', startMs: 1, durationMs: 1200, outcome: 'ok', verdict: undefined },
      ],
      passages: [
        {
          n: undefined,
          id: 'a#0',
          title: 'A',
          source: 'a.md',
          position: 0,
          score: 0.5,
          hash: 'abc',
          text: 'Text.',
          verdict: { action: 'block', rule: 'r', category: 'injection' },
        },
      ],
      versions: RECORD.versions,
      feedback: { rating: 'down', comment: '', reasons: ['wrong'] },
    });
  });

  it('reads what is absent as unknown', () => {
    expect(
      readAnswerView({ trace_url: null, usage: null, feedback: null, time_to_first_token_ms: null }),
    ).toMatchObject({
      traceUrl: undefined,
      usage: undefined,
      timeToFirstTokenMs: undefined,
      stages: [],
      passages: [],
      versions: {},
      feedback: { rating: null, comment: '', reasons: [] },
    });
  });

  it('makes no link of anything but a web address', () => {
    expect(readAnswerView({ trace_url: 'javascript:alert(1)' }).traceUrl).toBeUndefined();
  });

  it('shows the steps of a newer gateway under their own name', () => {
    const view = readAnswerView({
      stages: [{ stage: 'rerank', start_ms: 1, duration_ms: 2, outcome: 'new' }, 5],
    });
    expect(view.stages).toMatchObject([
      { stage: 'rerank', startMs: 1, durationMs: 2, outcome: 'ok' },
      { stage: '', startMs: 0, durationMs: 0 },
    ]);
  });
});

describe('readFeedback', () => {
  it('reads a rating, and anything else as none', () => {
    expect(readFeedback({ rating: 'up', comment: 'Good.', reasons: ['clear', 3] })).toEqual({
      rating: 'up',
      comment: 'Good.',
      reasons: ['clear'],
    });
    expect(readFeedback({ rating: 'sideways' })).toEqual({ rating: null, comment: '', reasons: [] });
  });
});

describe('a verdict', () => {
  const verdictOf = (fields: object) =>
    readAnswerView({ stages: [{ stage: 'input_guard', verdict: { action: 'block', ...fields } }] }).stages[0]
      ?.verdict;

  it('tells disguise, score, place and whether the guard only watched', () => {
    expect(verdictOf({ view: 'rot13', score: 0.93, span: { start: 2, end: 9 }, shadow: true })).toEqual({
      action: 'block',
      view: 'rot13',
      score: 0.93,
      span: { start: 2, end: 9 },
      shadow: true,
    });
  });

  it.each([{}, { start: 1 }, { start: -1, end: 4 }, { start: 4, end: 4 }, { start: 'a', end: 4 }, null, 7])(
    'marks no place for %j',
    (span) => {
      expect(verdictOf({ span })?.span).toBeUndefined();
    },
  );
});
