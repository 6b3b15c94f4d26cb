import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { APIConnectionError, APIConnectionTimeoutError, APIUserAbortError } from 'openai';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../../test/support/fake-upstream.ts';
import { readRecording, replay, status } from '../../test/support/recorded-replies.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { isRetryable } from './retry.ts';
import { createUpstreamClient, type UpstreamClient } from './upstream-client.ts';
import { errorFromBody, translateUpstreamError } from './upstream-error.ts';

const NEVER = new AbortController().signal;

let upstream: FakeUpstream;
let client: UpstreamClient;

beforeAll(async () => {
  upstream = await startFakeUpstream(replay('chat'));
  client = createClient(upstream.url);
});

afterAll(async () => {
  await client.close();
  await upstream.close();
});

function createClient(url: string, connectTimeoutMs = 2000): UpstreamClient {
  return createUpstreamClient({ url, apiKey: undefined, connectTimeoutMs, maxConnections: 8 });
}

/** Asks the upstream and translates what comes of it. */
async function failureOf(asked = client, signal = NEVER): Promise<GatewayError> {
  const request = { model: FAKE_MODEL, stream: false, messages: [], body: {} };
  const call = { requestId: 'r', telemetry: ROOT_CONTEXT, signal };
  const thrown: unknown = await asked.chat(request, call).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeDefined();
  return translateUpstreamError(thrown, signal);
}

/** The parts of an error a caller gets to know. */
function publicParts({ code, status: httpStatus, param, message, retryAfterSeconds }: GatewayError) {
  return { code, status: httpStatus, param, message, retryAfterSeconds };
}

describe('errors as vLLM really answers them', () => {
  const NO_WAIT = { retryAfterSeconds: undefined };
  const NO_FIELD = { param: undefined, ...NO_WAIT };
  const REFUSED = 'The model server does not accept this request.';
  const NOT_ACCEPTED = (field: string) => `The model server does not accept the value of "${field}".`;

  test.each([
    [
      'error-bad-type',
      {
        code: 'upstream_rejected',
        status: 400,
        param: 'temperature',
        message: NOT_ACCEPTED('temperature'),
        ...NO_WAIT,
      },
    ],
    [
      'error-max-tokens',
      {
        code: 'upstream_rejected',
        status: 400,
        param: 'max_tokens',
        message: NOT_ACCEPTED('max_tokens'),
        ...NO_WAIT,
      },
    ],
    [
      'error-no-messages',
      {
        code: 'upstream_rejected',
        status: 400,
        param: 'messages',
        message: NOT_ACCEPTED('messages'),
        ...NO_WAIT,
      },
    ],
    ['error-malformed', { code: 'upstream_rejected', status: 400, message: REFUSED, ...NO_FIELD }],
    ['error-tools', { code: 'upstream_rejected', status: 400, message: REFUSED, ...NO_FIELD }],
    [
      'error-too-long',
      {
        code: 'context_length_exceeded',
        status: 400,
        param: 'messages',
        message: 'The prompt is longer than the context of the model.',
        ...NO_WAIT,
      },
    ],
    [
      'error-stream-too-long',
      {
        code: 'context_length_exceeded',
        status: 400,
        param: 'messages',
        message: 'The prompt is longer than the context of the model.',
        ...NO_WAIT,
      },
    ],
    [
      'error-model',
      {
        code: 'model_not_found',
        status: 404,
        param: 'model',
        message: 'The model does not exist or may not be used with this key.',
        ...NO_WAIT,
      },
    ],
    [
      'error-busy',
      {
        code: 'upstream_overloaded',
        status: 503,
        message: 'The model server is at its limit: wait and try again.',
        ...NO_FIELD,
      },
    ],
    [
      'error-unauthorized',
      {
        code: 'upstream_unauthorized',
        status: 502,
        message: 'The model server refused the credentials of the gateway.',
        ...NO_FIELD,
      },
    ],
    [
      'error-wrong-key',
      {
        code: 'upstream_unauthorized',
        status: 502,
        message: 'The model server refused the credentials of the gateway.',
        ...NO_FIELD,
      },
    ],
    [
      'error-route',
      { code: 'upstream_error', status: 502, message: 'The model server failed.', ...NO_FIELD },
    ],
    [
      'error-embeddings',
      { code: 'upstream_error', status: 502, message: 'The model server failed.', ...NO_FIELD },
    ],
  ])('%s', async (name, expected) => {
    upstream.reply(replay(name));
    const error = await failureOf();
    expect(publicParts(error)).toEqual(expected);
    expect(isRetryable(error)).toBe(readRecording(name).status === 503);
  });
});

describe('statuses', () => {
  test.each([
    [301, 'upstream_error', false],
    [400, 'upstream_rejected', false],
    [401, 'upstream_unauthorized', false],
    [403, 'upstream_unauthorized', false],
    [404, 'upstream_error', false],
    [405, 'upstream_rejected', false],
    [408, 'upstream_first_byte_timeout', false],
    [413, 'upstream_rejected', false],
    [422, 'upstream_rejected', false],
    [429, 'upstream_overloaded', true],
    [500, 'upstream_error', false],
    [501, 'upstream_error', false],
    [502, 'upstream_error', true],
    [503, 'upstream_overloaded', true],
    [504, 'upstream_first_byte_timeout', true],
    [599, 'upstream_error', false],
  ])('%i is %s (tried again: %s)', async (httpStatus, code, retried) => {
    upstream.reply(status(httpStatus, {}));
    const error = await failureOf();
    expect(error.code).toBe(code);
    expect(isRetryable(error)).toBe(retried);
  });
});

describe('bodies', () => {
  const SECRET = 'cuda error in /srv/models/secret.py';

  test.each([
    ['an object', JSON.stringify({ error: { message: SECRET, type: 'x', param: null, code: 500 } })],
    ['a string as error', JSON.stringify({ error: SECRET })],
    ['a detail', JSON.stringify({ detail: SECRET })],
    ['a list of details', JSON.stringify({ detail: [{ loc: ['body'], msg: SECRET }] })],
    ['text', SECRET],
    ['HTML', `<html><body>${SECRET}</body></html>`],
    ['half JSON', `{"error": {"message": "${SECRET}`],
    ['null', 'null'],
    ['a list', JSON.stringify([SECRET])],
    ['nothing', ''],
    ['an error in an error', JSON.stringify({ error: { error: { message: SECRET } } })],
    ['fields of other types', JSON.stringify({ error: { message: 7, param: {}, code: SECRET } })],
    ['broken UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
  ])('%s: a failure of the upstream, and nothing of its text', async (_name, body) => {
    upstream.reply((response) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(body);
    });
    expect(publicParts(await failureOf())).toEqual({
      code: 'upstream_error',
      status: 502,
      param: undefined,
      message: 'The model server failed.',
      retryAfterSeconds: undefined,
    });
  });

  test.each([
    ['body.temperature', 'temperature'],
    ['temperature', 'temperature'],
    ['body.messages[0].content', 'messages[0].content'],
    ['body.messages.0.role', 'messages.0.role'],
    ['body.9', undefined],
    ['', undefined],
    ['<script>alert(1)</script>', undefined],
    ['a"b', undefined],
    ['a\nb', undefined],
    [`a${'b'.repeat(200)}`, undefined],
  ])('the field %j is named as %j', (param, named) => {
    const error = errorFromBody(400, { error: { message: 'x', param, code: 400 } });
    expect(error.param).toBe(named);
    expect(error.message.includes('"')).toBe(named !== undefined);
  });

  test('a prompt that is too long is known by the field', () => {
    const error = errorFromBody(400, { error: { message: 'Too long.', param: 'input_tokens', code: 400 } });
    expect(publicParts(error)).toMatchObject({ code: 'context_length_exceeded', param: 'messages' });
  });

  test('a prompt that is too long is known by the sentence, too', () => {
    const message = "This model's maximum context length is 8192 tokens.";
    expect(publicParts(errorFromBody(400, { error: { message } }))).toMatchObject({
      code: 'context_length_exceeded',
      param: 'messages',
    });
  });

  test('a model that is missing is known by the sentence, too', () => {
    expect(errorFromBody(404, { error: { message: 'The model `x` does not exist.' } }).code).toBe(
      'model_not_found',
    );
  });

  test('the code in a body counts only in the middle of a stream', () => {
    const body = { error: { message: 'x', code: 503 } };
    expect(errorFromBody(400, body).code).toBe('upstream_rejected');
    expect(errorFromBody(502, body, { midStream: true }).code).toBe('upstream_overloaded');
    expect(errorFromBody(502, { error: {} }, { midStream: true }).code).toBe('upstream_error');
  });
});

describe('Retry-After', () => {
  async function retryAfter(value: string): Promise<number | undefined> {
    upstream.reply(status(503, {}, { 'retry-after': value }));
    return (await failureOf()).retryAfterSeconds;
  }

  test.each([
    ['0', 0],
    ['1', 1],
    ['120', 120],
    [' 7 ', 7],
    ['-1', undefined],
    ['soon', undefined],
    ['', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['Thu, 01 Jan 1970 00:00:00 GMT', undefined],
  ])('%j is %j seconds', async (value, seconds) => {
    expect(await retryAfter(value)).toBe(seconds);
  });

  test('a date is the time until then', async () => {
    const seconds = await retryAfter(new Date(Date.now() + 30_000).toUTCString());
    expect(seconds).toBeGreaterThan(27);
    expect(seconds).toBeLessThanOrEqual(30);
  });

  test.each(['99999999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'a wait nobody can mean (%s) is a day at most',
    async (value) => {
      expect(await retryAfter(value)).toBe(86_400);
    },
  );
});

describe('connections', () => {
  /** A server below HTTP; what it does with each connection is up to the test. */
  async function listen(onConnection: (socket: Socket) => void): Promise<{ url: string; server: Server }> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      onConnection(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
  }

  async function failureAt(url: string, connectTimeoutMs?: number): Promise<GatewayError> {
    const asked = createClient(url, connectTimeoutMs);
    onTestFinished(() => asked.close());
    return failureOf(asked);
  }

  test('nobody listens', async () => {
    const { url, server } = await listen(() => undefined);
    server.close();
    await once(server, 'close');
    const error = await failureAt(url);
    expect(error.code).toBe('upstream_unreachable');
    expect(isRetryable(error)).toBe(true);
  });

  test('a connection that is reset', async () => {
    const { url } = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const error = await failureAt(url);
    expect(error.code).toBe('upstream_unreachable');
    expect(isRetryable(error)).toBe(true);
  });

  test('a connection that is closed before the answer', async () => {
    const { url } = await listen((socket) => socket.once('data', () => socket.end()));
    expect((await failureAt(url)).code).toBe('upstream_unreachable');
  });

  test('an answer that is not HTTP', async () => {
    const { url } = await listen((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n\r\n')));
    expect((await failureAt(url)).code).toBe('upstream_unreachable');
  });

  test('a server that is not TLS although the URL says so', async () => {
    const { url } = await listen((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 x\r\n\r\n')));
    expect((await failureAt(url.replace('http:', 'https:'))).code).toBe('upstream_unreachable');
  });

  test('a server too busy to accept: the connection times out, which may be tried again', async () => {
    const error = await failureAt(await urlWithFullBacklog(), 200);
    expect(error.code).toBe('upstream_connect_timeout');
    expect(isRetryable(error)).toBe(true);
  });

  test('the cause is kept for those who look', async () => {
    const { url } = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect((await failureAt(url)).cause).toBeInstanceOf(APIConnectionError);
  });
});

/** An address whose connections are never accepted: a listener that does not accept, its backlog full. */
async function urlWithFullBacklog(): Promise<string> {
  // Node accepts by itself as soon as it can; a process that is stopped cannot.
  const script = `const s=require('node:net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},()=>{
    process.stdout.write(String(s.address().port));process.kill(process.pid,'SIGSTOP')})`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(data.toString());
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
  });
  return `http://127.0.0.1:${port}`;
}

describe('what was thrown', () => {
  const reason = new GatewayError('upstream_stalled');

  test('a reason of ours comes first, whatever the client made of it', () => {
    expect(translateUpstreamError(new APIUserAbortError(), AbortSignal.abort(reason))).toBe(reason);
    expect(translateUpstreamError(new Error('x'), AbortSignal.abort(reason))).toBe(reason);
    const other = new GatewayError('upstream_error');
    expect(translateUpstreamError(other, AbortSignal.abort(reason))).toBe(reason);
  });

  test('a reason that is not ours does not', () => {
    const error = translateUpstreamError(new Error('x'), AbortSignal.abort(new Error('y')));
    expect(error.code).toBe('upstream_unreachable');
  });

  test('an error of ours stays what it is', () => {
    expect(translateUpstreamError(reason, NEVER)).toBe(reason);
  });

  test('an abort nobody gave a reason for is the caller', () => {
    expect(translateUpstreamError(new APIUserAbortError(), NEVER).code).toBe('client_closed_request');
  });

  test.each([
    ['UND_ERR_CONNECT_TIMEOUT', 'upstream_connect_timeout'],
    ['UND_ERR_HEADERS_TIMEOUT', 'upstream_first_byte_timeout'],
    ['UND_ERR_BODY_TIMEOUT', 'upstream_stalled'],
    ['UND_ERR_ABORTED', 'client_closed_request'],
    ['UND_ERR_SOCKET', 'upstream_unreachable'],
    ['ECONNREFUSED', 'upstream_unreachable'],
    ['ECONNRESET', 'upstream_unreachable'],
    ['ETIMEDOUT', 'upstream_unreachable'],
    ['EPIPE', 'upstream_unreachable'],
    ['EAI_AGAIN', 'upstream_unreachable'],
  ])('%s is %s, however deep', (code, expected) => {
    const cause = Object.assign(new Error('x'), { code });
    const thrown = [
      cause,
      new Error('outer', { cause }),
      new APIConnectionError({ message: 'x', cause }),
      new APIConnectionError({ message: 'x', cause: new Error('middle', { cause }) }),
      Object.assign(new APIConnectionTimeoutError(), { cause }),
    ];
    const codes = thrown.map((error) => translateUpstreamError(error, NEVER).code);
    expect(new Set(codes)).toEqual(new Set([expected]));
  });

  test('a time-out of the client itself is a late first byte', () => {
    expect(translateUpstreamError(new APIConnectionTimeoutError(), NEVER).code).toBe(
      'upstream_first_byte_timeout',
    );
  });

  test.each(['text', undefined, null, 7, {}])('what is no error at all (%j)', (thrown) => {
    const error = translateUpstreamError(thrown, NEVER);
    expect(error.code).toBe('upstream_unreachable');
    expect(error.cause).toBe(thrown);
  });
});
