import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GatewayError } from '../errors/gateway-error.ts';
import { Deadline } from './deadline.ts';

const TIMEOUTS = { firstByteMs: 1000, betweenBytesMs: 200, totalMs: 10_000 };

let caller: AbortController;
let deadline: Deadline;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  caller = new AbortController();
  deadline = new Deadline(TIMEOUTS, caller.signal);
});

afterEach(() => {
  deadline.clear();
  // Every timer has an owner that clears it.
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  vi.useRealTimers();
});

/** Code of the reason it aborted for. */
function reasonOf({ signal }: Deadline): string | undefined {
  if (!signal.aborted) return undefined;
  return signal.reason instanceof GatewayError ? signal.reason.code : String(signal.reason);
}

describe('first byte', () => {
  test('aborts when it is late', () => {
    deadline.startAttempt();
    vi.advanceTimersByTime(999);
    expect(reasonOf(deadline)).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(reasonOf(deadline)).toBe('upstream_first_byte_timeout');
  });

  test('is not watched before an attempt has begun', () => {
    vi.advanceTimersByTime(9999);
    expect(reasonOf(deadline)).toBeUndefined();
  });

  test('in time, it ends this watch', () => {
    deadline.startAttempt();
    vi.advanceTimersByTime(999);
    deadline.byteArrived();
    vi.advanceTimersByTime(199);
    expect(reasonOf(deadline)).toBeUndefined();
  });

  test('is due anew in each attempt', () => {
    deadline.startAttempt();
    vi.advanceTimersByTime(900);
    deadline.endAttempt();
    deadline.startAttempt();
    vi.advanceTimersByTime(999);
    expect(reasonOf(deadline)).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(reasonOf(deadline)).toBe('upstream_first_byte_timeout');
  });

  test('is due anew also when the attempt before had bytes', () => {
    deadline.startAttempt();
    deadline.byteArrived();
    deadline.endAttempt();
    deadline.startAttempt();
    vi.advanceTimersByTime(900);
    deadline.byteArrived();
    vi.advanceTimersByTime(199);
    expect(reasonOf(deadline)).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(reasonOf(deadline)).toBe('upstream_stalled');
  });

  test('is not watched while waiting for the next attempt', () => {
    deadline.startAttempt();
    deadline.endAttempt();
    vi.advanceTimersByTime(5000);
    expect(reasonOf(deadline)).toBeUndefined();
  });

  test('an attempt that begins while another is watched takes its place', () => {
    deadline.startAttempt();
    vi.advanceTimersByTime(500);
    deadline.startAttempt();
    vi.advanceTimersByTime(999);
    expect(reasonOf(deadline)).toBeUndefined();
  });
});

describe('between bytes', () => {
  test('aborts after the silence allowed, to the millisecond', () => {
    deadline.startAttempt();
    deadline.byteArrived();
    vi.advanceTimersByTime(199);
    expect(reasonOf(deadline)).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(reasonOf(deadline)).toBe('upstream_stalled');
  });

  test('every byte begins the silence anew', () => {
    deadline.startAttempt();
    for (let count = 0; count < 40; count += 1) {
      deadline.byteArrived();
      vi.advanceTimersByTime(199);
    }
    expect(reasonOf(deadline)).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(reasonOf(deadline)).toBe('upstream_stalled');
  });

  test('the silence is counted from the last byte and not from the last look', () => {
    deadline.startAttempt();
    deadline.byteArrived();
    vi.advanceTimersByTime(150);
    deadline.byteArrived();
    vi.advanceTimersByTime(199);
    expect(reasonOf(deadline)).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(reasonOf(deadline)).toBe('upstream_stalled');
  });

  test('a thousand bytes in a row cost one timer', () => {
    deadline.startAttempt();
    for (let count = 0; count < 1000; count += 1) deadline.byteArrived();
    // The silence and the total.
    expect(vi.getTimerCount()).toBe(2);
  });
});

describe('total', () => {
  test('aborts although bytes keep coming', () => {
    deadline.startAttempt();
    for (let elapsedMs = 0; elapsedMs < 9900; elapsedMs += 100) {
      deadline.byteArrived();
      vi.advanceTimersByTime(100);
    }
    expect(reasonOf(deadline)).toBeUndefined();
    deadline.byteArrived();
    vi.advanceTimersByTime(100);
    expect(reasonOf(deadline)).toBe('upstream_total_timeout');
  });

  test('counts the waits between attempts', () => {
    deadline.startAttempt();
    vi.advanceTimersByTime(500);
    deadline.endAttempt();
    vi.advanceTimersByTime(9500);
    expect(reasonOf(deadline)).toBe('upstream_total_timeout');
  });
});

describe('the caller', () => {
  test('who leaves ends it with his reason', () => {
    const reason = new GatewayError('client_closed_request');
    caller.abort(reason);
    expect(deadline.signal.reason).toBe(reason);
  });

  test('who has left already ends it at once', () => {
    const late = new Deadline(TIMEOUTS, AbortSignal.abort(new GatewayError('client_closed_request')));
    expect(reasonOf(late)).toBe('client_closed_request');
  });

  test('who leaves after a time-out changes nothing', () => {
    deadline.startAttempt();
    vi.advanceTimersByTime(1000);
    caller.abort(new GatewayError('client_closed_request'));
    expect(reasonOf(deadline)).toBe('upstream_first_byte_timeout');
  });

  test('who leaves stops all timers', () => {
    deadline.startAttempt();
    caller.abort(new GatewayError('client_closed_request'));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('after its end', () => {
  test('nothing aborts any more', () => {
    deadline.startAttempt();
    deadline.byteArrived();
    deadline.clear();
    caller.abort(new GatewayError('client_closed_request'));
    vi.advanceTimersByTime(100_000);
    expect(reasonOf(deadline)).toBeUndefined();
  });

  test('clearing twice is harmless', () => {
    deadline.clear();
    deadline.clear();
    expect(reasonOf(deadline)).toBeUndefined();
  });

  test('a late byte changes nothing', () => {
    deadline.startAttempt();
    vi.advanceTimersByTime(1000);
    deadline.byteArrived();
    expect(reasonOf(deadline)).toBe('upstream_first_byte_timeout');
    vi.advanceTimersByTime(5000);
    expect(reasonOf(deadline)).toBe('upstream_first_byte_timeout');
  });
});

test('a silence longer than five minutes is fine when it is allowed: no default of another library stands in between', () => {
  const patient = new Deadline(
    { firstByteMs: 3_600_000, betweenBytesMs: 3_600_000, totalMs: 86_400_000 },
    caller.signal,
  );
  patient.startAttempt();
  vi.advanceTimersByTime(3_599_999);
  patient.byteArrived();
  vi.advanceTimersByTime(3_599_999);
  expect(reasonOf(patient)).toBeUndefined();
  patient.clear();
});

describe('a reader who pauses', () => {
  test('is not taken for a silent upstream, however long it takes', () => {
    deadline.startAttempt();
    deadline.byteArrived();
    deadline.pauseSilence();
    vi.advanceTimersByTime(5000);
    expect(reasonOf(deadline)).toBeUndefined();
  });

  test('has the silence counted from when it goes on', () => {
    deadline.startAttempt();
    deadline.byteArrived();
    deadline.pauseSilence();
    vi.advanceTimersByTime(1000);
    deadline.resumeSilence();
    vi.advanceTimersByTime(199);
    expect(reasonOf(deadline)).toBeUndefined();
    vi.advanceTimersByTime(400);
    expect(reasonOf(deadline)).toBe('upstream_stalled');
  });
});
