import { SpanKind } from '@opentelemetry/api';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { startTestGateway, type GatewayUnderTest } from '../support/gateway.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { replay } from '../support/recorded-replies.ts';
import { expectIdle } from '../support/request-ledger.ts';
import { installTelemetryProbe } from '../support/telemetry-probe.ts';

const probe = installTelemetryProbe();
let upstream: FakeUpstream;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  const [whole, stream] = [replay('chat'), replay('chat-stream-usage')];
  upstream = await startFakeUpstream((response, request) =>
    (request.body['stream'] === true ? stream : whole)(response, request),
  );
  gateway = await startTestGateway(upstream.url, { GLASSGATE_SERVER_BODY_TIMEOUT_MS: '200' });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

/** As many runs as fit into the time; one that takes longer than this is a hang and fails. */
const BOUNDS = { numRuns: 100_000, interruptAfterTimeLimit: 2000, timeout: 4000 };
const TEST_TIMEOUT = { timeout: 20_000 };

let countBefore = 0;

beforeEach(async () => {
  probe.reset();
  countBefore = await countOfRequests();
});

/** Whatever came in: nothing is left open, the three signals agree on how much it was, and nobody is worse off. */
afterEach(async () => {
  await expect.poll(() => probe.liveSpans()).toBe(0);
  await expectIdle(probe);
  expect(probe.logs().filter(({ eventName }) => eventName === 'request.failed')).toEqual([]);
  const servers = probe.spans().filter(({ kind }) => kind === SpanKind.SERVER);
  const lines = probe.logs().filter(({ eventName }) => eventName === 'request.completed');
  expect(servers.length).toBeGreaterThan(100);
  expect(lines).toHaveLength(servers.length);
  expect((await countOfRequests()) - countBefore).toBe(servers.length);
  expect((await post(JSON.stringify(VALID))).status).toBe(200);
});

async function countOfRequests(): Promise<number> {
  const samples = (await probe.samples()).filter(({ name }) => name === 'http.server.request.duration');
  return samples.reduce((sum, { value }) => sum + value, 0);
}

const VALID = {
  model: FAKE_MODEL,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'When are the tomatoes watered?' }] },
    { role: 'assistant', content: null, tool_calls: [{ id: 'a', function: { name: 'b', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 'a', content: '6' },
    { role: 'user', content: 'And on Sundays?' },
  ],
  stream: false,
  stream_options: { include_usage: true },
  n: 1,
  max_tokens: 48,
  temperature: 0.5,
  glassgate: { retrieval: true, collection: 'handbook' },
};

async function post(body: string): Promise<Response> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  return fetch(`${gateway.url}/v1/chat/completions`, init);
}

/** A request with one of its parts replaced, added or taken away. */
const mutated = fc
  .record({
    path: fc.array(fc.nat(9), { maxLength: 4 }),
    change: fc.constantFrom('replace', 'remove', 'add'),
    key: fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'toJSON', 'stream', 'content', '0'),
    ),
    value: fc.oneof(
      fc.jsonValue(),
      fc.double().map((number) => (Number.isFinite(number) ? number : null)),
      fc.constantFrom('', '\u0000', '\ud800', true, 1e308, -1, [], {}),
    ),
  })
  .map(({ path, change, key, value }) => {
    const request = structuredClone(VALID) as unknown as Record<string, unknown>;
    let [parent, at] = [request, 'model'];
    for (
      let [node, rest] = [request as unknown, path];
      isObject(node) && rest.length > 0;
      rest = rest.slice(1)
    ) {
      const keys = Object.keys(node);
      if (keys.length === 0) break;
      [parent, at] = [node, keys[(rest[0] ?? 0) % keys.length] ?? ''];
      node = node[at];
    }
    if (change === 'remove') delete parent[at];
    else
      Object.defineProperty(parent, change === 'add' ? key : at, {
        value,
        enumerable: true,
        configurable: true,
      });
    return JSON.stringify(request);
  });

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A request whose text was cut, doubled or written over at some place. */
const damaged = fc
  .record({ at: fc.nat(600), length: fc.nat(30), filler: fc.string({ unit: 'binary', maxLength: 30 }) })
  .map(({ at, length, filler }) => {
    const text = JSON.stringify(VALID);
    return text.slice(0, at) + filler + text.slice(at + length);
  });

test('any JSON, valid or not: an answer or a 4xx', TEST_TIMEOUT, async () => {
  const property = fc.asyncProperty(fc.oneof(mutated, damaged, fc.json()), async (body) => {
    const response = await post(body);
    const text = await response.text();
    expect(response.status).toBeLessThan(500);
    expect(text).not.toContain('internal_error');
    if (response.status === 200) return;
    const { error } = JSON.parse(text) as { error: { request_id: string } };
    expect(error.request_id).toBe(response.headers.get('x-request-id'));
  });
  await fc.assert(property, BOUNDS);
});

const LINES = [
  'POST /v1/chat/completions HTTP/1.1',
  'GET / HTTP/1.1',
  'GET /v1/answers/ans_x HTTP/1.0',
  'Host: localhost',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Content-Type: application/json',
  'Connection: keep-alive',
  '',
  '5',
  '{"a":',
  '0',
];
const rawBytes = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...LINES) }, fc.string({ unit: 'binary' })))
    .map((lines) => Buffer.from(lines.join('\r\n'), 'utf8')),
);

test(
  'any bytes on a connection: it ends, and what was answered is no fault of ours',
  TEST_TIMEOUT,
  async () => {
    const property = fc.asyncProperty(rawBytes, async (bytes) => {
      const connection = await connectRaw(gateway.port);
      connection.socket.end(bytes);
      const statuses = (await connection.ended()).matchAll(/^HTTP\/1\.1 (\d{3})/gm);
      expect(Array.from(statuses, ([, status]) => Number(status)).filter((status) => status >= 500)).toEqual(
        [],
      );
      connection.close();
    });
    await fc.assert(property, BOUNDS);
  },
);

const HEADERS = [
  'Authorization',
  'Cookie',
  'X-Request-Id',
  'Traceparent',
  'Tracestate',
  'Content-Length',
  'Content-Type',
  'Content-Encoding',
  'Transfer-Encoding',
  'Expect',
  'Connection',
  'Upgrade',
  'Accept-Encoding',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'Sec-Fetch-Site',
  'Host',
];
const headerValue = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, '')),
  fc.constantFrom(
    'Bearer gg_aaaaaaaaaa_b',
    'glassgate_session=a.b',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-00000000000000000000000000000000-0000000000000000-00',
    '5',
    '-1',
    '99999999999999999999',
    'chunked',
    'gzip, chunked',
    'application/json',
    'close',
    'upgrade',
    'localhost',
    '[::1',
    '%zz',
  ),
);
const requestHead = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS', 'QUERY', 'PROPFIND', 'TRACE', 'CONNECT'),
  path: fc.oneof(
    fc.constantFrom(
      '/',
      '/v1/models',
      '/v1/chat/completions',
      '/v1/feedback',
      '/v1/answers/x',
      '/assets/x',
      '*',
    ),
    fc.webPath(),
    fc.string({ unit: 'grapheme-ascii', maxLength: 40 }).map((text) => `/${text.replaceAll(' ', '+')}`),
  ),
  headers: fc.array(fc.tuple(fc.constantFrom(...HEADERS), headerValue), { maxLength: 6 }),
});

test('any head of a request gets an answer', TEST_TIMEOUT, async () => {
  const property = fc.asyncProperty(requestHead, async ({ method, path, headers }) => {
    const connection = await connectRaw(gateway.port);
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    connection.write(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n{"a":1}`);
    const { status, headers: answered } = await connection.response();
    expect(status).toBeLessThan(500);
    expect(answered['x-request-id']).toMatch(/^[\w.-]{1,128}$/);
    connection.close();
  });
  await fc.assert(property, BOUNDS);
});
