import { describe, expect, test } from 'vitest';
import type { AnswerVersions } from '../domain/answer-record.ts';
import type { GenerationFrame } from '../domain/generation.ts';
import { ERROR_CODES, type ErrorCode } from '../errors/codes.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { chatRequest, requestContext } from './__fixtures__/request.ts';
import { AnswerJournal } from './journal.ts';

const VERSIONS: AnswerVersions = { gateway: '1', prompt: '2', guard: '3', corpus: '4', config: '5' };

function frame(text: string, fields: Partial<GenerationFrame> = {}, channel = 'content0'): GenerationFrame {
  return {
    kind: 'delta',
    bytes: Buffer.from(text),
    deltas: text === '' ? [] : [{ channel, text }],
    ...fields,
  };
}

function open(request = chatRequest(), context = requestContext()): AnswerJournal {
  return new AnswerJournal(request, context);
}

describe('the record', () => {
  test('of an answer that went well', () => {
    const journal = open(chatRequest({ stream: true }));
    journal.chatSpanId = 'b'.repeat(16);
    journal.modelSaid(frame('Twice', { responseId: 'chatcmpl-1', model: 'served-model' }));
    journal.modelSaid(frame('', { finishReason: 'stop' }));
    journal.modelSaid(frame('', { kind: 'usage', usage: { inputTokens: 7, outputTokens: 2 } }));
    journal.released([frame('Twice'), frame(' a day.')]);
    journal.timeToFirstTokenMs = 12.5;
    journal.answered();
    expect(journal.toRecord(VERSIONS)).toEqual({
      answerId: 'ans_1',
      requestId: 'request-1',
      owner: 'local:loopback',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      chatSpanId: 'b'.repeat(16),
      responseId: 'chatcmpl-1',
      createdAt: expect.any(Number) as number,
      question: 'When are the tomatoes watered?',
      answer: 'Twice a day.',
      model: 'smollm2-135m-instruct',
      stream: true,
      outcome: 'answered',
      finishReason: 'stop',
      passages: [],
      stages: [],
      usage: { inputTokens: 7, outputTokens: 2 },
      timeToFirstTokenMs: 12.5,
      durationMs: expect.any(Number) as number,
      overheadMs: expect.any(Number) as number,
      versions: VERSIONS,
    });
  });

  test('of an answer that never began holds nothing it does not know', () => {
    expect(Object.keys(open().toRecord(VERSIONS)).sort()).toEqual([
      'answer',
      'answerId',
      'createdAt',
      'durationMs',
      'errorCode',
      'model',
      'outcome',
      'overheadMs',
      'owner',
      'passages',
      'question',
      'requestId',
      'stages',
      'stream',
      'traceId',
      'versions',
    ]);
  });

  test('is dated when the answer began', () => {
    const before = Date.now();
    const journal = open();
    const { createdAt } = journal.toRecord(VERSIONS);
    expect(createdAt).toBeGreaterThanOrEqual(before);
    expect(createdAt).toBeLessThanOrEqual(Date.now());
  });

  test('counts time from the first byte of the request', () => {
    const journal = open(chatRequest(), requestContext({ startedAt: performance.now() - 500 }));
    const { durationMs } = journal.toRecord(VERSIONS);
    expect(durationMs).toBeGreaterThanOrEqual(500);
    expect(durationMs).toBeLessThan(5000);
  });

  test('takes what the upstream cost off the overhead, and never more than there was', () => {
    const journal = open(chatRequest(), requestContext({ startedAt: performance.now() - 500 }));
    journal.upstreamMs = 400;
    const { durationMs, overheadMs } = journal.toRecord(VERSIONS);
    expect(overheadMs).toBeCloseTo(durationMs - 400, 5);
    journal.upstreamMs = 10_000;
    expect(journal.toRecord(VERSIONS).overheadMs).toBe(0);
  });
});

describe('the outcome', () => {
  test('is that the caller left, until it is known to be another', () => {
    expect(open()).toMatchObject({ outcome: 'aborted', errorCode: 'client_closed_request' });
  });

  test('of an answer has no error', () => {
    const journal = open();
    journal.answered();
    expect(journal).toMatchObject({ outcome: 'answered', errorCode: undefined });
  });

  test.each(['question_blocked', 'answer_blocked'] as const)('of a block is %s', (code) => {
    const journal = open();
    journal.blocked(code);
    expect(journal).toMatchObject({ outcome: 'blocked', errorCode: code });
  });

  test.each(Object.keys(ERROR_CODES) as ErrorCode[])('of the failure %s', (code) => {
    const journal = open();
    journal.failed(new GatewayError(code));
    const outcome = code === 'client_closed_request' ? 'aborted' : 'failed';
    expect(journal).toMatchObject({ outcome, errorCode: code });
  });
});

describe('the text', () => {
  test('is what was released and not what was said', () => {
    const journal = open();
    journal.modelSaid(frame('The key is AKIA'));
    journal.released([frame('The key is ')]);
    expect(journal.toRecord(VERSIONS).answer).toBe('The key is ');
  });

  test('is the content of the first choice', () => {
    const journal = open();
    journal.released([
      frame('a'),
      frame('b', {}, 'content1'),
      frame('c', {}, 'reasoning0'),
      frame('d', {}, 'tool0.0'),
      frame('e'),
    ]);
    expect(journal.toRecord(VERSIONS).answer).toBe('ae');
  });

  test('has a limit', () => {
    const journal = open();
    for (let count = 0; count < 40; count += 1) journal.released([frame('x'.repeat(1 << 16))]);
    expect(journal.toRecord(VERSIONS).answer).toHaveLength(1 << 20);
  });
});

describe('what the model said', () => {
  test('keeps the first id and name and the last end and usage', () => {
    const journal = open();
    journal.modelSaid(
      frame('a', { responseId: 'one', model: 'm1', usage: { inputTokens: 1, outputTokens: 1 } }),
    );
    journal.modelSaid(frame('b', { responseId: 'two', model: 'm2', finishReason: 'length' }));
    journal.modelSaid(frame('c', { finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 3 } }));
    expect(journal).toMatchObject({
      responseId: 'one',
      responseModel: 'm1',
      finishReason: 'stop',
      usage: { inputTokens: 1, outputTokens: 3 },
    });
  });
});

describe('stages', () => {
  test('are kept in the order in which they ended, with their verdicts', () => {
    const journal = open();
    const verdict = { action: 'block', rule: 'boundary-forgery', category: 'LLM01' } as const;
    journal.stageEnded('retrieve', 1, 'ok');
    journal.stageEnded('input_guard', 0, 'blocked', verdict);
    expect(journal.stages).toEqual([
      { stage: 'retrieve', startMs: 1, durationMs: expect.any(Number) as number, outcome: 'ok' },
      {
        stage: 'input_guard',
        startMs: 0,
        durationMs: expect.any(Number) as number,
        outcome: 'blocked',
        verdict,
      },
    ]);
  });

  test('last from their start until now', () => {
    const journal = open(chatRequest(), requestContext({ startedAt: performance.now() - 100 }));
    journal.stageEnded('generate', 40, 'ok');
    expect(journal.stages[0]?.durationMs).toBeGreaterThanOrEqual(60);
    expect(journal.stages[0]?.durationMs).toBeLessThan(5000);
  });
});

test('the collection is that of the request, or none when it switched retrieval off', () => {
  expect(open().collection).toBe('handbook');
  const off = chatRequest({ retrieval: { enabled: false, collection: 'handbook' } });
  expect(open(off).collection).toBe('');
});
