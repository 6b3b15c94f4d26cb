import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../errors/codes.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { isRetryable, retryDelayMs, waitForRetry } from './retry.ts';

/** An error translated from an answer of the upstream with this status. */
function answered(status: number, code: ErrorCode = 'upstream_error', retryAfterSeconds?: number) {
  const cause = Object.assign(new Error('answered'), { status });
  return new GatewayError(code, retryAfterSeconds === undefined ? { cause } : { cause, retryAfterSeconds });
}

describe('what is tried again', () => {
  test.each([429, 502, 503, 504])('status %i', (status) => {
    expect(isRetryable(answered(status))).toBe(true);
  });

  test.each([400, 401, 403, 404, 408, 409, 413, 418, 422, 500, 501, 505, 507])('not status %i', (status) => {
    expect(isRetryable(answered(status))).toBe(false);
  });

  test('the status decides, whatever the code', () => {
    expect(isRetryable(answered(400, 'upstream_unreachable'))).toBe(false);
    expect(isRetryable(answered(503, 'upstream_rejected'))).toBe(true);
  });

  const CONNECTION: ErrorCode[] = ['upstream_unreachable', 'upstream_connect_timeout', 'stream_interrupted'];

  test.each(CONNECTION)('a connection that failed: %s', (code) => {
    expect(isRetryable(new GatewayError(code))).toBe(true);
    expect(isRetryable(new GatewayError(code, { cause: new Error('ECONNRESET') }))).toBe(true);
  });

  const OTHERS = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => !CONNECTION.includes(code));

  test.each(OTHERS)('not %s without a status', (code) => {
    expect(isRetryable(new GatewayError(code))).toBe(false);
  });

  test.each([0, 1, 10])('a wait of %i s that the upstream asks for', (seconds) => {
    expect(isRetryable(answered(503, 'upstream_overloaded', seconds))).toBe(true);
  });

  test.each([11, 60, 86_400])('not when it asks for %i s: the caller is told to wait', (seconds) => {
    expect(isRetryable(answered(503, 'upstream_overloaded', seconds))).toBe(false);
  });

  test.each(['503', null, undefined, {}])('a status that is no number is none (%j)', (status) => {
    const cause = Object.assign(new Error('odd'), { status });
    expect(isRetryable(new GatewayError('upstream_error', { cause }))).toBe(false);
  });
});

describe('how long until the next try', () => {
  const error = answered(503);

  test('what the upstream asked for, to the second', () => {
    expect(retryDelayMs(answered(429, 'upstream_overloaded', 3), 0)).toBe(3000);
    expect(retryDelayMs(answered(429, 'upstream_overloaded', 0), 4)).toBe(0);
  });

  test.each([
    [0, 50, 100],
    [1, 100, 200],
    [2, 200, 400],
    [3, 400, 800],
    [5, 1600, 3200],
    [6, 2500, 5000],
    [10, 2500, 5000],
    [2000, 2500, 5000],
  ])('attempt %i: between %i and %i ms', (attempt, shortest, longest) => {
    expect(retryDelayMs(error, attempt, () => 0)).toBe(shortest);
    expect(retryDelayMs(error, attempt, () => 1)).toBe(longest);
  });

  test('is never the same for many callers at once', () => {
    const delays = new Set(Array.from({ length: 100 }, () => retryDelayMs(error, 2)));
    expect(delays.size).toBeGreaterThan(90);
  });

  test('is positive and bounded for any attempt and any chance', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
        const delayMs = retryDelayMs(error, attempt, () => chance);
        expect(delayMs).toBeGreaterThanOrEqual(50);
        expect(delayMs).toBeLessThanOrEqual(5000);
      }),
    );
  });
});

describe('the wait', () => {
  test('ends by itself', async () => {
    await expect(waitForRetry(1, new AbortController().signal)).resolves.toBeUndefined();
  });

  test('ends at once when the signal aborts, with its reason', async () => {
    const controller = new AbortController();
    const startedAt = performance.now();
    const waiting = waitForRetry(60_000, controller.signal);
    const reason = new GatewayError('client_closed_request');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('does not begin when the signal has aborted already', async () => {
    const reason = new GatewayError('upstream_total_timeout');
    await expect(waitForRetry(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    for (let count = 0; count < 20; count += 1) await waitForRetry(0, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
