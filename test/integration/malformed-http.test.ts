import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { startTestGateway, type GatewayUnderTest } from '../support/gateway.ts';
import { connectRaw, sendRaw, type RawConnection, type RawResponse } from '../support/raw-connection.ts';
import { replay } from '../support/recorded-replies.ts';
import { openLedger, toldAs } from '../support/request-ledger.ts';
import { installTelemetryProbe } from '../support/telemetry-probe.ts';

const probe = installTelemetryProbe();
let upstream: FakeUpstream;
let gateway: GatewayUnderTest;
let connections: RawConnection[] = [];

beforeAll(async () => {
  upstream = await startFakeUpstream(replay('chat'));
  const settings = { GLASSGATE_SERVER_BODY_TIMEOUT_MS: '400' };
  gateway = await startTestGateway(upstream.url, settings, { headersTimeoutMs: 300 });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

afterEach(() => {
  upstream.requests.length = 0;
  for (const connection of connections) connection.close();
  connections = [];
});

const QUESTION = JSON.stringify({ model: FAKE_MODEL, messages: [{ role: 'user', content: 'Hello?' }] });
const HOST = 'Host: 127.0.0.1\r\n';
const JSON_HEAD = `POST /v1/chat/completions HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const WHOLE = `${JSON_HEAD}Content-Length: ${QUESTION.length}\r\n\r\n${QUESTION}`;

async function open(): Promise<RawConnection> {
  const connection = await connectRaw(gateway.port);
  connections.push(connection);
  return connection;
}

/** Checks an error's shape and gives its status, code and field. */
function errorOf({ status, headers, body }: RawResponse): [number, string, string | null] {
  const { error } = JSON.parse(body) as { error: Record<'code' | 'param' | 'message', string> };
  expect(error).toEqual({
    message: expect.stringMatching(/^.{5,200}$/) as string,
    type: expect.stringMatching(/_error$/) as string,
    code: expect.any(String) as string,
    param: error.param,
    request_id: headers['x-request-id'],
  });
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(body).not.toMatch(/\.ts|node:|node_modules|HPE_|ERR_/);
  return [status, error.code, error.param];
}

async function expectUndisturbed(): Promise<void> {
  expect((await sendRaw(gateway.port, WHOLE)).status).toBe(200);
}

const FLOOD = `X-Flood: ${'a'.repeat(3_000_000)}\r\n\r\n`;

test.each<[string, string | Uint8Array, number, string]>([
  ['no HTTP at all', 'what is the capital of France?\r\n\r\n', 400, 'malformed_http'],
  ['a TLS handshake', Buffer.from('16030100a5010000a10303', 'hex'), 400, 'malformed_http'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed_http'],
  ['no Host', 'GET /v1/models HTTP/1.1\r\n\r\n', 400, 'malformed_http'],
  ['an empty Host', 'GET /v1/models HTTP/1.1\r\nHost:\r\n\r\n', 400, 'malformed_http'],
  ['a Host that is none', 'GET /v1/models HTTP/1.1\r\nHost: a b\r\n\r\n', 400, 'malformed_http'],
  ['no path', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 400, 'malformed_http'],
  ['a backslash in the path', `GET /assets/..\\..\\x HTTP/1.1\r\n${HOST}\r\n`, 400, 'malformed_http'],
  [
    'two lengths',
    `${JSON_HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n`,
    400,
    'malformed_http',
  ],
  ['a header of 3 MB', `GET / HTTP/1.1\r\n${HOST}${FLOOD}`, 431, 'headers_too_large'],
  ['a URL of 20 kB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${HOST}\r\n`, 431, 'headers_too_large'],
])('%s', async (_name, bytes, status, code) => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.write(bytes);
  expect(errorOf(await connection.response())).toEqual([status, code, null]);
  expect(await ledger.told(1)).toEqual(toldAs(`HTTP ${status} ${code}`));
  await expectUndisturbed();
});

test('many headers of any size together are a flood, too', async () => {
  const ledger = await openLedger(probe);
  const flood = Array.from({ length: 400 }, (_, index) => `X-${index}: ${'a'.repeat(50)}\r\n`).join('');
  const response = await sendRaw(gateway.port, `GET / HTTP/1.1\r\n${HOST}${flood}\r\n`);
  expect(errorOf(response)).toEqual([431, 'headers_too_large', null]);
  expect(await ledger.told(1)).toEqual(toldAs('HTTP 431 headers_too_large'));
});

test('a tunnel is not opened', async () => {
  const ledger = await openLedger(probe);
  const response = await sendRaw(gateway.port, `CONNECT example.org:443 HTTP/1.1\r\n${HOST}\r\n`);
  expect(errorOf(response)).toEqual([405, 'method_not_allowed', null]);
  expect(await ledger.told(1)).toEqual(toldAs('HTTP 405 method_not_allowed'));
});

test.each([
  'Expect: cookies\r\n',
  'Expect: 100-continue\r\n',
  'Connection: upgrade\r\nUpgrade: websocket\r\n',
])('what need not be granted is passed over (%j)', async (header) => {
  const ledger = await openLedger(probe);
  const bytes = WHOLE.replace('Content-Length', `${header}Content-Length`);
  expect((await sendRaw(gateway.port, bytes)).status).toBe(200);
  expect(await ledger.told(1)).toEqual(toldAs('POST /v1/chat/completions 200'));
});

test('garbage behind a complete request: the request is answered, then the garbage', async () => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.write(`${WHOLE}garbage garbage garbage\r\n\r\n`);
  expect((await connection.response()).status).toBe(200);
  expect(errorOf(await connection.response())).toEqual([400, 'malformed_http', null]);
  await connection.ended();
  const told = toldAs('POST /v1/chat/completions 200', 'HTTP 400 malformed_http');
  expect(await ledger.told(2)).toEqual(told);
});

test('requests one behind the other in one packet are each answered, in order', async () => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.write(`${WHOLE}GET /nothing HTTP/1.1\r\n${HOST}\r\n${WHOLE}`);
  const statuses = [];
  for (let index = 0; index < 3; index += 1) statuses.push((await connection.response()).status);
  expect(statuses).toEqual([200, 404, 200]);
  const answered = 'POST /v1/chat/completions 200';
  expect(await ledger.told(3)).toEqual(toldAs(answered, 'GET 404 not_found', answered));
});

test('a side closed in the middle of the headers', async () => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.socket.end(JSON_HEAD);
  expect(errorOf(await connection.response())).toEqual([400, 'malformed_http', null]);
  expect(await ledger.told(1)).toEqual(toldAs('HTTP 400 malformed_http'));
});

test.each([
  ['before', QUESTION.length],
  ['in the middle of', 5],
])('a side closed %s the body is told at once, not after the time for a body', async (_name, missing) => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.socket.end(WHOLE.slice(0, -missing));
  expect(errorOf(await connection.response())).toEqual([400, 'body_incomplete', null]);
  await connection.ended();
  expect(await ledger.told(1)).toEqual(toldAs('POST /v1/chat/completions 400 body_incomplete'));
});

test('a side closed after the body is a caller who left: the model is stopped', async () => {
  const ledger = await openLedger(probe);
  upstream.reply(() => undefined);
  const connection = await open();
  connection.write(WHOLE);
  await expect.poll(() => upstream.requests.length).toBe(1);
  connection.socket.end();
  expect(await upstream.requests[0]?.ended).toBe('aborted');
  expect(await connection.ended()).toBe('');
  expect(await ledger.told(1)).toEqual(toldAs('POST /v1/chat/completions 499 client_closed_request'));
  upstream.reply(replay('chat'));
  await expectUndisturbed();
});

test.each([
  ['reset', (connection: RawConnection) => void connection.socket.resetAndDestroy()],
  ['closed', (connection: RawConnection) => void connection.socket.destroy()],
])('a connection %s in the middle of the body', async (_name, leave) => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.write(WHOLE.slice(0, -5));
  await expect.poll(() => probe.liveSpans()).toBe(1);
  leave(connection);
  expect(await ledger.told(1)).toEqual(toldAs('POST /v1/chat/completions 400 body_incomplete'));
  await expectUndisturbed();
});

test('a chunk that is none breaks the body off', async () => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.write(`${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\n{"mod\r\nZZ\r\n`);
  expect(errorOf(await connection.response())).toEqual([400, 'body_incomplete', null]);
  expect(await ledger.told(1)).toEqual(toldAs('POST /v1/chat/completions 400 body_incomplete'));
  await connection.ended();
});

test('a broken body that nobody reads ends the connection and is not told a second time', async () => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.write(`GET /nothing HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
  expect(errorOf(await connection.response())).toEqual([404, 'not_found', null]);
  connection.write('ZZ\r\n');
  expect(await connection.ended()).not.toContain('malformed_http');
  expect(await ledger.told(1)).toEqual(toldAs('GET 404 not_found'));
});

test('a slow body', async () => {
  const ledger = await openLedger(probe);
  const connection = await open();
  connection.write(WHOLE.slice(0, -5));
  expect(errorOf(await connection.response())).toEqual([408, 'body_timeout', null]);
  await connection.ended();
  expect(await ledger.told(1)).toEqual(toldAs('POST /v1/chat/completions 408 body_timeout'));
});

test('slow headers get 408, a connection without a single byte is closed and no request', async () => {
  const ledger = await openLedger(probe);
  const [slow, silent] = [await open(), await open()];
  slow.write(`GET / HTTP/1.1\r\nHost:`);
  expect(errorOf(await slow.response())).toEqual([408, 'header_timeout', null]);
  expect(await silent.ended()).toBe('');
  expect(await ledger.told(1)).toEqual(toldAs('HTTP 408 header_timeout'));
});
