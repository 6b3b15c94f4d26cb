import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { GatewayError } from '../../errors/gateway-error.ts';
import { breakOffBody, readBody, readJsonBody } from './read-body.ts';

const LIMITS = { limitBytes: 100, timeoutMs: 1000 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A request whose body comes when the test says so. */
function request(headers: Record<string, string> = {}): IncomingMessage {
  const incoming = new IncomingMessage(new Socket());
  Object.assign(incoming.headers, headers);
  return incoming;
}

/** How reading ended. */
function outcomeOf(reading: Promise<unknown>): Promise<unknown> {
  return reading.then(
    (value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value),
    (error: unknown) => (error instanceof GatewayError ? error.code : error),
  );
}

function send(incoming: IncomingMessage, ...parts: readonly (string | null)[]): void {
  for (const part of parts) incoming.push(part === null ? null : Buffer.from(part));
}

describe('a body', () => {
  test.each([
    ['in one part', ['{"a":1}', null]],
    ['in many', ['{', '"a"', ':', '1', '}', null]],
    ['with characters cut in two', ['{"a":1}', null]],
  ])('%s', async (_name, parts) => {
    const incoming = request();
    const reading = outcomeOf(readBody(incoming, LIMITS));
    send(incoming, ...parts);
    expect(await reading).toBe('{"a":1}');
  });

  test('of nothing', async () => {
    const incoming = request();
    const reading = outcomeOf(readBody(incoming, LIMITS));
    send(incoming, null);
    expect(await reading).toBe('');
  });

  test('that was there before anybody read', async () => {
    const incoming = request();
    send(incoming, 'early', null);
    expect(await outcomeOf(readBody(incoming, LIMITS))).toBe('early');
  });

  test('as large as may be', async () => {
    const incoming = request({ 'content-length': '100' });
    const reading = outcomeOf(readBody(incoming, LIMITS));
    send(incoming, 'x'.repeat(100), null);
    expect(await reading).toBe('x'.repeat(100));
  });
});

describe('a body that is too large', () => {
  test('by its own word is refused before it is read', async () => {
    const incoming = request({ 'content-length': '101' });
    expect(await outcomeOf(readBody(incoming, LIMITS))).toBe('body_too_large');
  });

  test.each([undefined, '10', 'many'])('is refused when it shows (content-length: %s)', async (length) => {
    const incoming = request(length === undefined ? {} : { 'content-length': length });
    const reading = outcomeOf(readBody(incoming, LIMITS));
    send(incoming, 'x'.repeat(60), 'x'.repeat(60), 'x'.repeat(60));
    expect(await reading).toBe('body_too_large');
  });

  test('the rest of it is thrown away, and its end or failure disturbs nobody', async () => {
    const incoming = request();
    const reading = outcomeOf(readBody(incoming, LIMITS));
    send(incoming, 'x'.repeat(200));
    expect(await reading).toBe('body_too_large');
    send(incoming, 'more', null);
    expect(() => incoming.emit('error', new Error('reset'))).not.toThrow();
  });
});

describe('a body that does not come', () => {
  test('in time', async () => {
    const incoming = request();
    const reading = outcomeOf(readBody(incoming, LIMITS));
    send(incoming, 'half');
    vi.advanceTimersByTime(1000);
    expect(await reading).toBe('body_timeout');
  });

  test('to its end', async () => {
    const incoming = request();
    const reading = outcomeOf(readBody(incoming, LIMITS));
    send(incoming, 'half');
    incoming.destroy();
    expect(await reading).toBe('body_incomplete');
  });

  test('because its connection failed', async () => {
    const incoming = request();
    const reading = outcomeOf(readBody(incoming, LIMITS));
    incoming.destroy(new Error('ECONNRESET'));
    expect(await reading).toBe('body_incomplete');
  });

  test('because its connection was gone before anybody read', async () => {
    const incoming = request();
    incoming.destroy();
    expect(await outcomeOf(readBody(incoming, LIMITS))).toBe('body_incomplete');
  });

  test('because what came was no HTTP, told while it is read', async () => {
    const incoming = request();
    const reading = outcomeOf(readBody(incoming, LIMITS));
    breakOffBody(incoming);
    expect(await reading).toBe('body_incomplete');
  });

  test('because what came was no HTTP, told before it is read', async () => {
    const incoming = request();
    expect(() => breakOffBody(incoming)).not.toThrow();
    expect(await outcomeOf(readBody(incoming, LIMITS))).toBe('body_incomplete');
  });
});

test('reading leaves no listener behind', async () => {
  const incoming = request();
  const before = incoming.eventNames().length;
  const reading = readBody(incoming, LIMITS);
  send(incoming, 'x', null);
  await reading;
  expect(incoming.eventNames().filter((name) => name === 'data' || name === 'close')).toEqual([]);
  expect(incoming.eventNames().length).toBeLessThanOrEqual(before + 1);
});

describe('a JSON body', () => {
  async function read(headers: Record<string, string>, text = '{"a":1}'): Promise<unknown> {
    const incoming = request(headers);
    const reading = outcomeOf(readJsonBody(incoming, LIMITS));
    send(incoming, text, null);
    return reading;
  }

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
    'application/json ; x=y',
  ])('says so: %s', async (type) => {
    expect(await read({ 'content-type': type })).toEqual({ a: 1 });
  });

  test.each([
    'text/plain',
    'application/jsonl',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'json',
    '',
  ])('does not say %s', async (type) => {
    expect(await read({ 'content-type': type })).toBe('unsupported_media_type');
  });

  test('says something', async () => {
    expect(await read({})).toBe('unsupported_media_type');
  });

  test.each(['gzip', 'br', 'identity'])('is not compressed (%s)', async (encoding) => {
    expect(await read({ 'content-type': 'application/json', 'content-encoding': encoding })).toBe(
      'unsupported_media_type',
    );
  });

  test('is JSON', async () => {
    expect(await read({ 'content-type': 'application/json' }, '{')).toBe('invalid_json');
  });
});
