import { describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from './codes.ts';
import { GatewayError, toGatewayError } from './gateway-error.ts';

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

describe('an error of ours', () => {
  test.each(CODES)('%s takes status and sentence from the table', (code) => {
    const error = new GatewayError(code);
    expect(error).toMatchObject({
      name: 'GatewayError',
      code,
      status: ERROR_CODES[code].status,
      message: ERROR_CODES[code].message,
    });
    expect([error.param, error.retryAfterSeconds, error.cause]).toEqual([undefined, undefined, undefined]);
  });

  test('may say more than the table, but not another status', () => {
    const cause = new Error('deep');
    const error = new GatewayError('rate_limited', {
      message: 'Wait.',
      param: 'n',
      retryAfterSeconds: 3,
      cause,
    });
    expect(error).toMatchObject({ status: 429, message: 'Wait.', param: 'n', retryAfterSeconds: 3 });
    expect(error.cause).toBe(cause);
  });

  test('is an error like any other', () => {
    const error = new GatewayError('internal_error');
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe(`GatewayError: ${ERROR_CODES.internal_error.message}`);
    expect(error.stack).toContain('gateway-error.test.ts');
  });
});

describe('whatever was thrown', () => {
  test('stays what it is when it is ours', () => {
    const error = new GatewayError('upstream_stalled');
    expect(toGatewayError(error)).toBe(error);
  });

  test.each([
    new Error('password'),
    new TypeError('password'),
    'password',
    7,
    null,
    undefined,
    { a: 1 },
    Symbol('x'),
  ])('becomes a fault of the gateway, and its text stays inside (%#)', (thrown) => {
    const error = toGatewayError(thrown);
    expect(error).toMatchObject({
      code: 'internal_error',
      status: 500,
      message: ERROR_CODES.internal_error.message,
    });
    expect(error.cause).toBe(thrown);
  });

  test('also when it only looks like ours', () => {
    const forged = Object.assign(new Error('x'), { name: 'GatewayError', code: 'rate_limited', status: 429 });
    expect(toGatewayError(forged).code).toBe('internal_error');
  });
});
