import { describe, expect, it } from 'vitest';
import { ApiError, errorOfResponse, failureOf, failureOfBody } from './api-error.ts';

describe('failureOfBody', () => {
  it('reads the error of the contract', () => {
    const body = {
      error: { message: 'Wait.', code: 'rate_limited', request_id: 'req_1', type: 'x', param: null },
    };
    expect(failureOfBody(body)).toEqual({ code: 'rate_limited', message: 'Wait.', requestId: 'req_1' });
  });

  it('reads an error that is only a text, as vLLM writes some', () => {
    expect(failureOfBody({ error: 'Unauthorized' })).toEqual({
      code: 'internal_error',
      message: 'Unauthorized',
    });
  });

  it('names an error without a code as one of the gateway', () => {
    expect(failureOfBody({ error: {} })).toEqual({
      code: 'internal_error',
      message: '',
      requestId: undefined,
    });
  });

  it.each([[undefined], [null], ['error'], [[]], [{ choices: [] }], [{ error: null }]])(
    'finds none in %j',
    (body) => {
      expect(failureOfBody(body)).toBeUndefined();
    },
  );
});

describe('errorOfResponse', () => {
  const headers = {
    'x-request-id': 'req_h',
    'x-glassgate-answer-id': 'ans_h',
    'x-glassgate-trace-id': 'trace_h',
  };

  it('joins body and headers', async () => {
    const body = JSON.stringify({ error: { message: 'No.', code: 'question_blocked', request_id: 'req_b' } });
    const error = await errorOfResponse(new Response(body, { status: 400, headers }));
    expect(error.failure).toEqual({
      code: 'question_blocked',
      message: 'No.',
      status: 400,
      requestId: 'req_b',
      answerId: 'ans_h',
      traceId: 'trace_h',
    });
  });

  it('tells the status when something in between answered', async () => {
    const error = await errorOfResponse(new Response('<h1>Bad gateway</h1>', { status: 502 }));
    expect(error.failure).toMatchObject({ code: 'http_502', message: '', status: 502, requestId: undefined });
  });
});

describe('failureOf', () => {
  it('keeps the failure of an ApiError', () => {
    const failure = { code: 'overloaded', message: 'Wait.' };
    expect(failureOf(new ApiError(failure))).toBe(failure);
  });

  it('takes anything else for a connection that broke', () => {
    expect(failureOf(new TypeError('fetch failed'))).toEqual({ code: 'unreachable', message: '' });
  });
});
