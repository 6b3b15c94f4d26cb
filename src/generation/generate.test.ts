import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  FAKE_MODEL,
  startFakeUpstream,
  type FakeUpstream,
  type Reply,
} from '../../test/support/fake-upstream.ts';
import {
  readRecording,
  recordedChunks,
  replay,
  replayPart,
  status,
  streamTexts,
} from '../../test/support/recorded-replies.ts';
import type { GenerationFrame } from '../domain/generation.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { generate, type GenerateOptions } from './generate.ts';
import { createUpstreamClient, type UpstreamClient } from './upstream-client.ts';

let upstream: FakeUpstream;
let client: UpstreamClient;

beforeAll(async () => {
  upstream = await startFakeUpstream(replay('chat'));
  client = createUpstreamClient({
    url: upstream.url,
    apiKey: undefined,
    connectTimeoutMs: 2000,
    maxConnections: 64,
  });
});

afterAll(async () => {
  await client.close();
  await upstream.close();
});

beforeEach(() => {
  upstream.requests.length = 0;
});

interface Run {
  readonly frames: AsyncGenerator<readonly GenerationFrame[], void>;
  /** How each attempt ended, in order. */
  readonly attempts: string[];
  readonly retries: { readonly code: string; readonly delayMs: number }[];
  readonly signal: AbortSignal;
  leave(): void;
}

/** Asks for an answer with patient time-outs, but for those the test gives. */
function start(
  stream: boolean,
  options: { timeouts?: Partial<GenerateOptions['timeouts']>; maxRetries?: number } = {},
): Run {
  const attempts: string[] = [];
  const retries: Run['retries'] = [];
  const caller = new AbortController();
  const request = { model: FAKE_MODEL, stream, messages: [], body: stream ? { stream } : {} };
  const call = { requestId: 'r', telemetry: ROOT_CONTEXT, signal: caller.signal };
  const frames = generate(client, request, call, {
    timeouts: { firstByteMs: 5000, betweenBytesMs: 5000, totalMs: 20_000, ...options.timeouts },
    maxRetries: options.maxRetries ?? 1,
    onAttempt: (error) => void attempts.push(error?.code ?? 'ok'),
    onRetry: ({ code }, delayMs) => void retries.push({ code, delayMs }),
  });
  const leave = () => caller.abort(new GatewayError('client_closed_request'));
  return { frames, attempts, retries, signal: caller.signal, leave };
}

/** Reads to the end; what was read, and the code of the error at the end if there was one. */
async function readAll({ frames }: Run): Promise<{ text: string; bytes: string; error: string | undefined }> {
  const read: GenerationFrame[] = [];
  let error: string | undefined;
  try {
    for await (const batch of frames) read.push(...batch);
  } catch (thrown) {
    error = thrown instanceof GatewayError ? thrown.code : String(thrown);
  }
  return {
    text: read.flatMap(({ deltas }) => deltas.map(({ text }) => text)).join(''),
    bytes: Buffer.concat(read.map(({ bytes }) => bytes)).toString(),
    error,
  };
}

const hangUp = (response: ServerResponse) => void setImmediate(() => response.destroy());

describe('an answer', () => {
  test.each(['chat', 'chat-stop', 'chat-tool', 'chat-json-schema'])('in one piece (%s)', async (name) => {
    upstream.reply(replay(name));
    const run = start(false);
    expect(await readAll(run)).toMatchObject({ bytes: readRecording(name).body, error: undefined });
    expect(run.attempts).toEqual(['ok']);
  });

  test.each([
    'chat-stream',
    'chat-stream-chinese',
    'chat-stream-length',
    'chat-stream-logprobs',
    'chat-stream-n2',
    'chat-stream-usage',
    'chat-tool-stream',
  ])('streamed (%s): every byte, in order', async (name) => {
    upstream.reply(replay(name));
    const run = start(true);
    expect(await readAll(run)).toMatchObject({ bytes: recordedChunks(name).join(''), error: undefined });
    expect(run.attempts).toEqual(['ok']);
  });

  test('streamed in pieces of seven bytes: every byte, in order', async () => {
    const whole = Buffer.from(recordedChunks('chat-stream-length').join(''));
    upstream.reply(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let at = 0; at < whole.length; at += 7) {
        response.write(whole.subarray(at, at + 7));
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    expect((await readAll(start(true))).bytes).toBe(whole.toString());
  });

  test('streamed with CR line ends, also at its very end', async () => {
    const text = recordedChunks('chat-stream-length').join('').replaceAll('\n', '\r');
    upstream.reply((response) => void response.writeHead(200).end(text));
    expect(await readAll(start(true))).toMatchObject({ bytes: text, error: undefined });
  });

  test('is handed out as it comes', async () => {
    let write: (text: string) => void = () => undefined;
    upstream.reply((response) => {
      write = (text) => void response.write(text);
      write(recordedChunks('chat-stream-usage').slice(0, 3).join(''));
    });
    const { frames } = start(true);
    expect((await frames.next()).value).toHaveLength(3);
    write(recordedChunks('chat-stream-usage')[3] ?? '');
    expect((await frames.next()).value).toHaveLength(1);
    await frames.return();
  });

  test('is not begun to be handed out before there is content', async () => {
    let finish: () => void = () => undefined;
    upstream.reply((response) => {
      response.write(`: ping\n\n${recordedChunks('chat-stream-usage')[0]}`);
      finish = () => void response.end(recordedChunks('chat-stream-usage').slice(1).join(''));
    });
    const { frames } = start(true);
    const first = frames.next();
    await expect.poll(() => upstream.requests.length).toBe(1);
    const early = await Promise.race([first, new Promise((resolve) => setImmediate(resolve, 'nothing yet'))]);
    expect(early).toBe('nothing yet');
    finish();
    expect((await first).value?.length).toBeGreaterThan(2);
    await frames.return();
  });

  test('without any content is handed out whole', async () => {
    upstream.reply(
      (response) => void response.writeHead(200).end('data: {"choices":[]}\n\ndata: [DONE]\n\n'),
    );
    expect(await readAll(start(true))).toMatchObject({
      bytes: 'data: {"choices":[]}\n\ndata: [DONE]\n\n',
      error: undefined,
    });
  });

  test('leaves no timer and no listener behind', async () => {
    upstream.reply(replay('chat-stream-usage'));
    const run = start(true);
    await readAll(run);
    expect(getEventListeners(run.signal, 'abort')).toHaveLength(0);
  });
});

describe('a failed attempt before the first content is made again', () => {
  test.each<[string, Reply, string]>([
    ['429', status(429), 'upstream_overloaded'],
    ['502', status(502), 'upstream_error'],
    ['503', replay('error-busy'), 'upstream_overloaded'],
    ['504', status(504), 'upstream_first_byte_timeout'],
    ['a connection that ends', (response) => void response.destroy(), 'upstream_unreachable'],
    [
      'a stream that ends after its first chunk',
      replayPart('chat-stream-usage', 1, hangUp),
      'upstream_unreachable',
    ],
    [
      'a stream that ends early, but cleanly',
      replayPart('chat-stream-usage', 1, (r) => void r.end()),
      'stream_interrupted',
    ],
    ['an empty stream', (response) => void response.writeHead(200).end(), 'stream_interrupted'],
  ])('%s', async (_name, reply, code) => {
    upstream.reply(reply, streamTexts(['Par', 'is']));
    const run = start(true);
    expect(await readAll(run)).toMatchObject({ text: 'Paris', error: undefined });
    expect(run.attempts).toEqual([code, 'ok']);
    expect(run.retries.map(({ code: retried }) => retried)).toEqual([code]);
  });

  test('in one piece, too, also when its body was cut off', async () => {
    upstream.reply((response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"choices":[');
      hangUp(response);
    }, replay('chat'));
    const run = start(false);
    expect(await readAll(run)).toMatchObject({ text: 'The capital of France is Paris.', error: undefined });
    expect(run.attempts).toEqual(['upstream_unreachable', 'ok']);
  });

  test('and nothing of the failed one is handed out', async () => {
    upstream.reply(replayPart('chat-stream-usage', 1, hangUp), streamTexts(['Paris']));
    const { bytes } = await readAll(start(true));
    expect(bytes.match(/"role":"assistant"/g)).toHaveLength(1);
  });

  test.each([0, 1, 3])('at most %i times more', async (maxRetries) => {
    upstream.reply(status(503));
    const run = start(true, { maxRetries });
    expect(await readAll(run)).toMatchObject({ bytes: '', error: 'upstream_overloaded' });
    expect(run.attempts).toEqual(Array.from({ length: maxRetries + 1 }, () => 'upstream_overloaded'));
    expect(upstream.requests).toHaveLength(maxRetries + 1);
  });

  test('after the pause the upstream asked for', async () => {
    upstream.reply(status(503, {}, { 'retry-after': '1' }), replay('chat'));
    const run = start(false);
    const startedAt = performance.now();
    await readAll(run);
    expect(performance.now() - startedAt).toBeGreaterThan(990);
    expect(run.retries).toEqual([{ code: 'upstream_overloaded', delayMs: 1000 }]);
  });
});

describe('an attempt is not made again', () => {
  test.each<[string, Reply, string]>([
    ['400', replay('error-too-long'), 'context_length_exceeded'],
    ['401', replay('error-unauthorized'), 'upstream_unauthorized'],
    ['404', replay('error-model'), 'model_not_found'],
    ['500', status(500), 'upstream_error'],
    ['503 with a long wait', status(503, {}, { 'retry-after': '3600' }), 'upstream_overloaded'],
    ['an answer that is no JSON', (response) => void response.writeHead(200).end('<html>'), 'upstream_error'],
  ])('%s', async (_name, reply, code) => {
    upstream.reply(reply, replay('chat'));
    const run = start(false, { maxRetries: 3 });
    expect(await readAll(run)).toEqual({ text: '', bytes: '', error: code });
    expect(run.attempts).toEqual([code]);
    expect(run.retries).toEqual([]);
  });

  test.each<[string, (response: ServerResponse) => void, string]>([
    ['breaks off', hangUp, 'stream_interrupted'],
    ['ends without [DONE]', (response) => void response.end(), 'stream_interrupted'],
    ['is no JSON any more', (response) => void response.end('data: {"cho\n\n'), 'upstream_error'],
    [
      'says that it failed',
      (response) => void response.end('data: {"error":{"message":"x","code":500}}\n\n'),
      'upstream_error',
    ],
  ])('when its stream %s after content', async (_name, then, code) => {
    upstream.reply(replayPart('chat-stream-usage', 5, then), replay('chat-stream-usage'));
    const run = start(true, { maxRetries: 3 });
    const { text, error } = await readAll(run);
    expect(error).toBe(code);
    expect(text).toBe('1. Red:');
    expect(run.attempts).toEqual([code]);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('time-outs', () => {
  test('no headers in time', async () => {
    upstream.reply(() => undefined);
    const run = start(true, { timeouts: { firstByteMs: 60 }, maxRetries: 3 });
    expect(await readAll(run)).toMatchObject({ error: 'upstream_first_byte_timeout' });
    expect(await upstream.requests[0]?.ended).toBe('aborted');
    expect(run.attempts).toEqual(['upstream_first_byte_timeout']);
  });

  test('headers, but no body in time', async () => {
    upstream.reply((response) => response.writeHead(200).flushHeaders());
    const run = start(false, { timeouts: { firstByteMs: 60 } });
    expect(await readAll(run)).toMatchObject({ error: 'upstream_first_byte_timeout' });
    expect(await upstream.requests[0]?.ended).toBe('aborted');
  });

  test('the body of an error that does not come', async () => {
    upstream.reply((response) => response.writeHead(500).flushHeaders());
    expect(await readAll(start(true, { timeouts: { firstByteMs: 60 } }))).toMatchObject({
      error: 'upstream_first_byte_timeout',
    });
  });

  test('silence between bytes', async () => {
    upstream.reply(replayPart('chat-stream-usage', 5));
    const run = start(true, { timeouts: { betweenBytesMs: 60 } });
    expect(await readAll(run)).toMatchObject({ text: '1. Red:', error: 'upstream_stalled' });
    expect(await upstream.requests[0]?.ended).toBe('aborted');
  });

  test('silence before the first content', async () => {
    upstream.reply(replayPart('chat-stream-usage', 1));
    const run = start(true, { timeouts: { betweenBytesMs: 60 }, maxRetries: 3 });
    expect(await readAll(run)).toMatchObject({ bytes: '', error: 'upstream_stalled' });
  });

  test('all in all', async () => {
    upstream.reply((response) => {
      response.write(recordedChunks('chat-stream-usage').slice(0, 3).join(''));
      const timer = setInterval(() => response.write(': still here\n\n'), 10);
      response.once('close', () => clearInterval(timer));
    });
    const run = start(true, { timeouts: { betweenBytesMs: 1000, totalMs: 200 } });
    expect(await readAll(run)).toMatchObject({ error: 'upstream_total_timeout' });
    expect(await upstream.requests[0]?.ended).toBe('aborted');
  });

  test('all in all, while waiting for the next attempt', async () => {
    upstream.reply(status(503, {}, { 'retry-after': '10' }));
    const run = start(true, { timeouts: { totalMs: 100 } });
    expect(await readAll(run)).toMatchObject({ error: 'upstream_total_timeout' });
    expect(run.attempts).toEqual(['upstream_overloaded']);
  });
});

describe('whoever stops', () => {
  test.each([true, false])('before the first byte stops the upstream (stream: %s)', async (stream) => {
    upstream.reply(() => undefined);
    const run = start(stream);
    const reading = readAll(run);
    await expect.poll(() => upstream.requests.length).toBe(1);
    run.leave();
    expect((await reading).error).toBe('client_closed_request');
    expect(await upstream.requests[0]?.ended).toBe('aborted');
    expect(run.attempts).toEqual(['client_closed_request']);
  });

  test('in the middle stops the upstream', async () => {
    upstream.reply(replayPart('chat-stream-usage', 5));
    const run = start(true);
    await run.frames.next();
    run.leave();
    expect((await readAll(run)).error).toBe('client_closed_request');
    expect(await upstream.requests[0]?.ended).toBe('aborted');
  });

  test('reading stops the upstream, and the attempt is told of', async () => {
    upstream.reply(replayPart('chat-stream-usage', 5));
    const run = start(true);
    await run.frames.next();
    await run.frames.return();
    expect(await upstream.requests[0]?.ended).toBe('aborted');
    expect(run.attempts).toEqual(['client_closed_request']);
  });

  test('while an attempt is waited for makes none', async () => {
    upstream.reply(status(503, {}, { 'retry-after': '10' }));
    const run = start(true);
    const reading = readAll(run);
    await expect.poll(() => run.retries.length).toBe(1);
    run.leave();
    expect((await reading).error).toBe('client_closed_request');
    expect(upstream.requests).toHaveLength(1);
  });

  test('before it began makes no call', async () => {
    const run = start(true);
    run.leave();
    expect((await readAll(run)).error).toBe('client_closed_request');
    expect(upstream.requests).toHaveLength(0);
  });

  test('leaves no listener behind', async () => {
    upstream.reply(() => undefined);
    const run = start(true);
    const reading = readAll(run);
    await expect.poll(() => upstream.requests.length).toBe(1);
    run.leave();
    await reading;
    expect(getEventListeners(run.signal, 'abort')).toHaveLength(0);
  });
});

describe('bounds', () => {
  test('an answer in one piece that is too large is an error', async () => {
    upstream.reply((response) => void response.writeHead(200).end(Buffer.alloc(33 << 20, ' ')));
    expect(await readAll(start(false))).toMatchObject({ bytes: '', error: 'upstream_error' });
  });

  test('an event that is too large is an error and not tried again', async () => {
    upstream.reply((response) => void response.writeHead(200).end(`data: ${'x'.repeat(9 << 20)}`));
    const run = start(true, { maxRetries: 3 });
    expect(await readAll(run)).toMatchObject({ bytes: '', error: 'upstream_error' });
    expect(run.attempts).toEqual(['upstream_error']);
  });

  test('an upstream that is faster than the reader is held back', async () => {
    const event = `data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(1 << 16)}"}}]}\n\n`;
    let written = 0;
    let isHeld = false;
    upstream.reply((response) => {
      const fill = (): void => {
        while (written < 256 << 20) {
          written += event.length;
          isHeld = !response.write(event);
          if (isHeld) return void response.once('drain', fill);
        }
        response.end();
      };
      fill();
    });
    const { frames } = start(true);
    await frames.next();
    await expect.poll(() => isHeld).toBe(true);
    let earlier = -1;
    const hasStopped = () => {
      const same = written === earlier;
      earlier = written;
      return same;
    };
    await expect.poll(hasStopped, { interval: 50 }).toBe(true);
    expect(written).toBeLessThan(64 << 20);
    await frames.return();
  });

  test('a flood of events without content is not collected without end', async () => {
    upstream.reply((response) => void response.write(': ping\n\n'.repeat(5000)));
    const { frames } = start(true);
    expect((await frames.next()).value?.length).toBeGreaterThan(1000);
    await frames.return();
  });

  test('many answers at once do not mix', async () => {
    upstream.reply((response, { body }) =>
      streamTexts([String(body['tag']), '!'])(response, { body } as never),
    );
    const texts = await Promise.all(
      Array.from({ length: 40 }, async (_none, tag) => {
        const request = { model: FAKE_MODEL, stream: true, messages: [], body: { stream: true, tag } };
        const call = { requestId: 'r', telemetry: ROOT_CONTEXT, signal: new AbortController().signal };
        const frames = generate(client, request, call, {
          timeouts: { firstByteMs: 5000, betweenBytesMs: 5000, totalMs: 20_000 },
          maxRetries: 0,
          onAttempt: () => undefined,
          onRetry: () => undefined,
        });
        return (await readAll({ frames } as Run)).text;
      }),
    );
    expect(texts).toEqual(Array.from({ length: 40 }, (_none, tag) => `${tag}!`));
  });
});
