import { describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../errors/codes.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { errorBody, errorFrame, errorResponse } from './error-response.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

describe.each(CODES)('%s', (code) => {
  const { status, type, message } = ERROR_CODES[code];

  test('is answered with its status and the body of the contract', async () => {
    const response = errorResponse(new GatewayError(code), 'r-1');
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ error: { message, type, code, param: null, request_id: 'r-1' } });
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('is one frame in the middle of a stream', () => {
    const frame = errorFrame(new GatewayError(code), 'r-1');
    expect(frame).toMatch(/^data: [^\n]+\n\n$/);
    expect(JSON.parse(frame.slice('data: '.length))).toEqual(errorBody(new GatewayError(code), 'r-1'));
  });

  test('says when to try again if and only if that makes sense', () => {
    const { headers } = errorResponse(new GatewayError(code), 'r-1');
    expect(headers.get('retry-after')).toBe(status === 503 || status === 429 ? '1' : null);
  });
});

describe('headers', () => {
  test.each([0, 1, 86_400])('the wait is what the error says: %i s', (retryAfterSeconds) => {
    const { headers } = errorResponse(new GatewayError('upstream_overloaded', { retryAfterSeconds }), 'r-1');
    expect(headers.get('retry-after')).toBe(String(retryAfterSeconds));
  });

  test('a 401 says how to authenticate', () => {
    for (const code of CODES) {
      const { headers } = errorResponse(new GatewayError(code), 'r-1');
      expect(headers.has('www-authenticate'), code).toBe(ERROR_CODES[code].status === 401);
    }
  });

  test('the connection ends when nothing more can be read from it', () => {
    const closing = CODES.filter(
      (code) => errorResponse(new GatewayError(code), 'r').headers.get('connection') === 'close',
    );
    expect(closing.sort()).toEqual(['body_incomplete', 'body_timeout', 'shutting_down']);
  });
});

describe('the body', () => {
  test('names the field at fault', () => {
    expect(
      errorBody(new GatewayError('invalid_request', { param: 'messages.0.role' }), 'r').error.param,
    ).toBe('messages.0.role');
  });

  test('may say more than the table, but not of a fault of ours', () => {
    const detail = { message: 'no upstream: set GLASSGATE_UPSTREAM_URL' };
    expect(errorBody(new GatewayError('upstream_rejected', detail), 'r').error.message).toBe(detail.message);
    expect(errorBody(new GatewayError('internal_error', detail), 'r').error.message).toBe(
      ERROR_CODES.internal_error.message,
    );
  });

  test('is short, however long the text of the caller it repeats', () => {
    const long = 'x'.repeat(1 << 20);
    const { error } = errorBody(new GatewayError('invalid_request', { message: long, param: long }), 'r');
    expect(error.message.length).toBeLessThanOrEqual(300);
    expect(error.param?.length).toBeLessThanOrEqual(128);
  });

  test('has neither cause nor stack', () => {
    const error = new GatewayError('internal_error', { cause: new Error('password') });
    expect(JSON.stringify(errorBody(error, 'r'))).not.toMatch(/password|at .*\.ts/);
  });
});
