import { ROOT_CONTEXT, trace, TraceFlags, propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../../test/support/fake-upstream.ts';
import { readRecording, recordedChunks, replay, status } from '../../test/support/recorded-replies.ts';
import { Secret } from '../config/secret.ts';
import type { ModelRequest } from '../domain/generation.ts';
import { createUpstreamClient, type CallOptions, type UpstreamClient } from './upstream-client.ts';

let upstream: FakeUpstream;
let client: UpstreamClient;

beforeEach(async () => {
  upstream = await startFakeUpstream(replay('chat'));
  client = createClient();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await client.close();
  await upstream.close();
});

function createClient(apiKey?: string): UpstreamClient {
  return createUpstreamClient({
    url: upstream.url,
    apiKey: apiKey === undefined ? undefined : new Secret(apiKey),
    connectTimeoutMs: 2000,
    maxConnections: 4,
  });
}

const MESSAGES = [{ role: 'user', content: 'Where is Paris?' }] as const;

function request(fields: Partial<ModelRequest> = {}): ModelRequest {
  return { model: FAKE_MODEL, stream: false, messages: MESSAGES, body: {}, ...fields };
}

function call(fields: Partial<CallOptions> = {}): CallOptions {
  return { requestId: 'request-1', telemetry: ROOT_CONTEXT, signal: new AbortController().signal, ...fields };
}

/** What the upstream received for one request. */
async function received(
  fields: Partial<ModelRequest> = {},
  options: Partial<CallOptions> = {},
  asked = client,
) {
  const response = await asked.chat(request(fields), call(options));
  await response.text();
  const seen = upstream.requests.at(-1);
  if (seen === undefined) throw new Error('the upstream saw nothing');
  return seen;
}

describe('the body', () => {
  test('is the model and the messages', async () => {
    expect((await received()).body).toEqual({ model: FAKE_MODEL, messages: MESSAGES });
  });

  test('keeps every field of the caller, known or not', async () => {
    const body = {
      temperature: 0,
      max_tokens: 12,
      stop: ['\n'],
      tools: [{ type: 'function', function: { name: 'weather', parameters: {} } }],
      chat_template_kwargs: { enable_thinking: false },
      guided_choice: ['yes', 'no'],
      seed: null,
    };
    expect((await received({ body })).body).toEqual({ ...body, model: FAKE_MODEL, messages: MESSAGES });
  });

  test('has our model and messages in place of those in the body', async () => {
    const body = { model: 'other', messages: [{ role: 'user', content: 'original' }] };
    expect((await received({ body })).body).toEqual({ model: FAKE_MODEL, messages: MESSAGES });
  });

  test('asks for usage on a stream', async () => {
    upstream.reply(replay('chat-stream-usage'));
    expect((await received({ stream: true, body: { stream: true } })).body).toEqual({
      model: FAKE_MODEL,
      messages: MESSAGES,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test.each([
    [{ include_usage: false }, { include_usage: true }],
    [{ continuous_usage_stats: true }, { continuous_usage_stats: true, include_usage: true }],
    [null, { include_usage: true }],
    ['x', { include_usage: true }],
  ])('asks for it whatever the stream options say (%j)', async (options, sent) => {
    upstream.reply(replay('chat-stream-usage'));
    const { body } = await received({ stream: true, body: { stream: true, stream_options: options } });
    expect(body['stream_options']).toEqual(sent);
  });

  test('leaves the stream options of a request that is not streamed alone', async () => {
    expect((await received()).body).not.toHaveProperty('stream_options');
  });

  test('carries any Unicode text unharmed', async () => {
    const content = 'é 水 👍🏽 \u2028 "quoted" \\ \u0001';
    const { body } = await received({ messages: [{ role: 'user', content }] });
    expect(body['messages']).toEqual([{ role: 'user', content }]);
  });

  test('may be large', async () => {
    const content = 'x'.repeat(4 << 20);
    const { body } = await received({ messages: [{ role: 'user', content }] });
    expect(body['messages']).toEqual([{ role: 'user', content }]);
  });
});

describe('the headers', () => {
  test('carry the key, the request id and the type', async () => {
    const keyed = createClient('sk-upstream');
    const { headers } = await received({}, {}, keyed);
    expect(headers).toMatchObject({
      authorization: 'Bearer sk-upstream',
      'x-request-id': 'request-1',
      'content-type': 'application/json',
    });
    await keyed.close();
  });

  test('carry the context of the chat span', async () => {
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    const spanContext = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
    const { headers } = await received({}, { telemetry: trace.setSpanContext(ROOT_CONTEXT, spanContext) });
    propagation.disable();
    expect(headers['traceparent']).toBe(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
  });

  test('carry no context when there is none', async () => {
    expect((await received()).headers).not.toHaveProperty('traceparent');
  });

  test('and the address do not depend on variables meant for another program', async () => {
    vi.stubEnv('OPENAI_ORG_ID', 'org-of-the-developer');
    vi.stubEnv('OPENAI_PROJECT_ID', 'project-of-the-developer');
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-the-developer');
    vi.stubEnv('OPENAI_ADMIN_KEY', 'admin-of-the-developer');
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/elsewhere');
    const other = createClient();
    const { headers } = await received({}, {}, other);
    expect(JSON.stringify(headers)).not.toContain('of-the-developer');
    await other.close();
  });
});

describe('the answer', () => {
  test('is handed on as the bytes came', async () => {
    upstream.reply(replay('chat-stream-usage'));
    const response = await client.chat(request({ stream: true }), call());
    expect(response).toMatchObject({ status: 200, ok: true, url: `${upstream.url}/v1/chat/completions` });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const parts: Uint8Array[] = [];
    for await (const part of response.bytes as AsyncIterable<Uint8Array>) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe(recordedChunks('chat-stream-usage').join(''));
  });

  test('comes before its last byte', async () => {
    upstream.reply((answer) => {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.write('data: {}\n\n');
    });
    const response = await client.chat(request({ stream: true }), call());
    const [first] = [await (response.bytes as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]().next()];
    expect(String(first.value)).toBe('data: {}\n\n');
    response.bytes.destroy();
    expect(await upstream.requests[0]?.ended).toBe('aborted');
  });

  test('that is an error is thrown with its status, its headers and its body', async () => {
    upstream.reply(replay('error-model'));
    await expect(client.chat(request(), call())).rejects.toMatchObject({
      status: 404,
      error: { type: 'NotFoundError', param: 'model' },
    });
  });

  test('is asked for once: trying again is not the business of the client', async () => {
    upstream.reply(status(503, {}, { 'x-should-retry': 'true' }));
    await expect(client.chat(request(), call())).rejects.toMatchObject({ status: 503 });
    expect(upstream.requests).toHaveLength(1);
  });
});

describe('an abort', () => {
  test('before the answer stops the upstream', async () => {
    upstream.reply(() => undefined);
    const controller = new AbortController();
    const asked = client.chat(request(), call({ signal: controller.signal }));
    await expect.poll(() => upstream.requests.length).toBe(1);
    controller.abort();
    await expect(asked).rejects.toThrow(Error);
    expect(await upstream.requests[0]?.ended).toBe('aborted');
  });

  test('before the call makes none', async () => {
    await expect(client.chat(request(), call({ signal: AbortSignal.abort() }))).rejects.toThrow(Error);
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('connections', () => {
  /** Answers and notes from which port each request came. */
  function notePorts(): Set<number | undefined> {
    const ports = new Set<number | undefined>();
    const answer = replay('chat');
    upstream.reply((response, received) => {
      ports.add(response.socket?.remotePort);
      return answer(response, received);
    });
    return ports;
  }

  test('are used again', async () => {
    const ports = notePorts();
    for (let count = 0; count < 20; count += 1) await received();
    // A second one is opened when the first is not quite free yet.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test('are never more than allowed; the rest waits', async () => {
    const ports = notePorts();
    const narrow = createUpstreamClient({
      url: upstream.url,
      apiKey: undefined,
      connectTimeoutMs: 2000,
      maxConnections: 2,
    });
    await Promise.all(Array.from({ length: 10 }, async () => (await narrow.chat(request(), call())).text()));
    expect(upstream.requests).toHaveLength(10);
    expect(ports.size).toBe(2);
    await narrow.close();
  });

  test('end when the client closes', async () => {
    upstream.reply(() => undefined);
    const asked = client.chat(request(), call());
    await expect.poll(() => upstream.requests.length).toBe(1);
    await client.close();
    await expect(asked).rejects.toThrow(Error);
    expect(await upstream.requests[0]?.ended).toBe('aborted');
  });
});

describe('the list of models', () => {
  test('is what the upstream says', async () => {
    expect(await client.listModels(new AbortController().signal)).toMatchObject({
      object: 'list',
      data: [{ id: FAKE_MODEL }],
    });
  });

  test('can be given up', async () => {
    await expect(client.listModels(AbortSignal.abort())).rejects.toThrow(Error);
  });

  test('of a dead upstream is an error', async () => {
    const dead = createUpstreamClient({
      url: 'http://127.0.0.1:1',
      apiKey: undefined,
      connectTimeoutMs: 500,
      maxConnections: 1,
    });
    await expect(dead.listModels(new AbortController().signal)).rejects.toThrow(Error);
    await dead.close();
  });

  test('has the shape of the recorded one', () => {
    expect(JSON.parse(readRecording('models').body ?? '')).toMatchObject({ data: [{ id: FAKE_MODEL }] });
  });
});

test('the URL says where calls go', () => {
  expect(client.url.href).toBe(`${upstream.url}/`);
});
