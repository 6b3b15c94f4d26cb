import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChatStream } from '../support/chat-stream.ts';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { startTestGateway, type GatewayUnderTest } from '../support/gateway.ts';
import { holdStreams } from '../support/held-stream.ts';
import { connectRaw, sendRaw } from '../support/raw-connection.ts';
import { replay } from '../support/recorded-replies.ts';
import { openLedger, toldAs } from '../support/request-ledger.ts';
import { installTelemetryProbe } from '../support/telemetry-probe.ts';

const probe = installTelemetryProbe();
let upstream: FakeUpstream;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  upstream = await startFakeUpstream(replay('chat'));
  gateway = await startTestGateway(upstream.url, { GLASSGATE_PROMPT_MAX_TOKENS: '4096' });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

const MESSAGES = [{ role: 'user', content: 'Hello?' }];
const valid = (fields: object = {}) => JSON.stringify({ model: FAKE_MODEL, messages: MESSAGES, ...fields });
const TYPE = { 'content-type': 'application/json' };
const CHAT = 'POST /v1/chat/completions';

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
}

async function post(body: BodyInit, headers: Record<string, string> = TYPE): Promise<Response> {
  const init = { method: 'POST', headers, body, duplex: 'half' };
  return fetch(`${gateway.url}/v1/chat/completions`, init);
}

/** An error's status, code and field; its shape is checked, and that it tells nothing of our inside. */
async function refusalOf(response: Response): Promise<Refusal> {
  const text = await response.text();
  const { error } = JSON.parse(text) as { error: { code: string; param: string | null } };
  expect(error).toEqual({
    message: expect.stringMatching(/^[^\n]{5,300}$/) as string,
    type: expect.stringMatching(/_error$/) as string,
    code: error.code,
    param: error.param,
    request_id: response.headers.get('x-request-id'),
  });
  expect(text).not.toMatch(/\.ts\b|node:|node_modules|SQLITE|\bat \w+ \(/);
  expect(response.headers.get('x-glassgate-trace-id')).toMatch(/^[0-9a-f]{32}$/);
  return { status: response.status, code: error.code, param: error.param };
}

/** Sends a bad request beside a stream in progress: it is refused fast and told once, and nobody else notices. */
async function refuse(send: () => Promise<Response>): Promise<Refusal> {
  const ledger = await openLedger(probe);
  const held = holdStreams(FAKE_MODEL);
  upstream.reply(held.reply, replay('chat'));
  const neighbour = openChatStream(gateway.url, FAKE_MODEL);
  await neighbour.started;
  const cost = startCost();
  const refusal = await send()
    .then(refusalOf)
    .finally(() => held.release());
  let costMs = cost();
  expect((await neighbour.ended).ending).toBe('whole');
  expect((await post(valid())).status).toBe(200);
  const bad = `${CHAT} ${refusal.status} ${refusal.code}`;
  expect(await ledger.told(3)).toEqual(toldAs(bad, `${CHAT} 200`, `${CHAT} 200`));
  // The machine may be busy with other tests: one try of ten in time says what a refusal costs.
  for (let tries = 1; costMs >= 100 && tries < 10; tries += 1) {
    const again = startCost();
    await (await send()).text();
    costMs = again();
  }
  expect(costMs).toBeLessThan(100);
  return refusal;
}

/**
 * Milliseconds since the call: by the clock, or, when other processes hold this one up, by what it worked, client and
 * model server included. A second by the clock is more than any wait for work.
 */
function startCost(): () => number {
  const [startedAt, worked] = [performance.now(), process.cpuUsage()];
  return () => {
    const elapsedMs = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(worked);
    return elapsedMs > 1000 ? elapsedMs : Math.min(elapsedMs, (user + system) / 1000);
  };
}

const invalid = (param: string | null): Refusal => ({ status: 400, code: 'invalid_request', param });

test.each<[string, string, Refusal]>([
  ['nothing', '', { status: 400, code: 'invalid_json', param: null }],
  ['half an object', '{"model":', { status: 400, code: 'invalid_json', param: null }],
  ['two objects', `${valid()}{}`, { status: 400, code: 'invalid_json', param: null }],
  ['a byte order mark alone', '\u{feff}', { status: 400, code: 'invalid_json', param: null }],
  ['NaN', '{"temperature":NaN}', { status: 400, code: 'invalid_json', param: null }],
  ['a list', '[]', invalid(null)],
  ['a word', '"hello"', invalid(null)],
  ['a number', '5', invalid(null)],
  ['null', 'null', invalid(null)],
])('a body that is %s', async (_name, body, refusal) => {
  expect(await refuse(() => post(body))).toEqual(refusal);
});

test.each<[object, string]>([
  [{ model: 5 }, 'model'],
  [{ model: null }, 'model'],
  [{ model: '' }, 'model'],
  [{ model: 'm'.repeat(300) }, 'model'],
  [{ messages: undefined }, 'messages'],
  [{ messages: null }, 'messages'],
  [{ messages: 'hi' }, 'messages'],
  [{ messages: {} }, 'messages'],
  [{ messages: [] }, 'messages'],
  [{ messages: ['hi'] }, 'messages.0'],
  [{ messages: [...MESSAGES, null] }, 'messages.1'],
  [{ messages: [{ content: 'hi' }] }, 'messages.0.role'],
  [{ messages: [{ role: 'robot', content: 'hi' }] }, 'messages.0.role'],
  [{ messages: [{ role: 5, content: 'hi' }] }, 'messages.0.role'],
  [{ messages: [{ role: 'user', content: 5 }] }, 'messages.0.content'],
  [{ messages: [{ role: 'user', content: { text: 'hi' } }] }, 'messages.0.content'],
  [{ messages: [{ role: 'user', content: ['hi'] }] }, 'messages.0.content'],
  [{ messages: [{ role: 'user', content: [{ text: 'hi' }] }] }, 'messages.0.content'],
  [{ messages: [{ role: 'user', content: [{ type: 'text', text: 5 }] }] }, 'messages.0.content'],
  [{ stream: 'yes' }, 'stream'],
  [{ stream: 1 }, 'stream'],
  [{ stream_options: 'usage' }, 'stream_options'],
  [{ stream_options: { include_usage: 1 } }, 'stream_options.include_usage'],
  [{ n: 1000 }, 'n'],
  [{ n: 0 }, 'n'],
  [{ n: 1.5 }, 'n'],
  [{ n: '2' }, 'n'],
  [{ max_tokens: -1 }, 'max_tokens'],
  [{ max_tokens: 1e12 }, 'max_tokens'],
  [{ max_completion_tokens: 'many' }, 'max_completion_tokens'],
  [{ temperature: 'hot' }, 'temperature'],
  [{ temperature: 3 }, 'temperature'],
  [{ top_p: -0.1 }, 'top_p'],
  [{ top_p: [] }, 'top_p'],
  [{ presence_penalty: 2.5 }, 'presence_penalty'],
  [{ frequency_penalty: {} }, 'frequency_penalty'],
  [{ glassgate: 'off' }, 'glassgate'],
  [{ glassgate: { retrieval: 'no' } }, 'glassgate.retrieval'],
  [{ glassgate: { collection: 5 } }, 'glassgate.collection'],
  [{ glassgate: { collection: '' } }, 'glassgate.collection'],
  [{ glassgate: { retreival: false } }, 'glassgate.retreival'],
])('a field of the wrong kind: %j', async (fields, param) => {
  expect(await refuse(() => post(valid(fields)))).toEqual(invalid(param));
});

test.each<[string, object, Refusal]>([
  ['an unknown model', { model: 'gpt-9' }, { status: 404, code: 'model_not_found', param: 'model' }],
  [
    'an unknown collection',
    { glassgate: { collection: 'attic' } },
    { status: 404, code: 'collection_not_found', param: 'glassgate.collection' },
  ],
  [
    'system messages only',
    { messages: [{ role: 'system', content: 'You are kind.' }] },
    { status: 400, code: 'no_user_message', param: 'messages' },
  ],
  [
    'an empty question',
    { messages: [{ role: 'user', content: '' }] },
    { status: 400, code: 'no_user_message', param: 'messages' },
  ],
  [
    'a question of blanks',
    { messages: [{ role: 'user', content: [{ type: 'text', text: ' \n\u{3000}' }] }] },
    { status: 400, code: 'no_user_message', param: 'messages' },
  ],
  [
    'a question of nothing',
    { messages: [{ role: 'user', content: null }, { role: 'user', content: [] }, { role: 'user' }] },
    { status: 400, code: 'no_user_message', param: 'messages' },
  ],
  [
    '100,000 messages',
    { messages: Array.from({ length: 100_000 }, () => MESSAGES[0]) },
    { status: 400, code: 'too_many_messages', param: 'messages' },
  ],
  [
    'a prompt past our own limit',
    { messages: [{ role: 'user', content: 'word '.repeat(4096) }] },
    { status: 400, code: 'context_length_exceeded', param: 'messages' },
  ],
  [
    'the same of attack words, 7 MB of them: refused before a guard reads them',
    { messages: [{ role: 'user', content: 'ignore all '.repeat(640_000) }] },
    { status: 400, code: 'context_length_exceeded', param: 'messages' },
  ],
])('%s', async (_name, fields, refusal) => {
  const body = valid(fields);
  expect(await refuse(() => post(body))).toEqual(refusal);
});

test.each<[string, string, string | null]>([
  ['NUL in a message', valid({ messages: [{ role: 'user', content: 'a\0b' }] }), 'messages.0.content'],
  ['half a surrogate pair', valid().replace('Hello', String.raw`Hel\ud83dlo`), 'messages.0.content'],
  [
    'the other half, in a field nobody knows',
    valid({ metadata: { tags: ['ok', '?'] } }).replace('?"]', String.raw`\udc00"]`),
    'metadata.tags.1',
  ],
  ['NUL in the name of a field', valid({ 'a\0b': 1 }), null],
])('text that is none: %s', async (_name, body, param) => {
  expect(await refuse(() => post(body))).toEqual({ status: 400, code: 'invalid_unicode', param });
});

test('a whole surrogate pair, escaped, is text', async () => {
  upstream.reply(replay('chat'));
  expect((await post(valid().replace('Hello', String.raw`\ud83d\ude00`))).status).toBe(200);
});

test.each([
  ['lists', '['.repeat(10_000)],
  ['closed lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['objects in a field', valid({ x: 0 }).replace('0}', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`)],
])('10,000 levels of %s', async (_name, body) => {
  expect(await refuse(() => post(body))).toEqual({ status: 400, code: 'nesting_too_deep', param: null });
});

test('brackets in a text are no nesting', async () => {
  upstream.reply(replay('chat'));
  const messages = [{ role: 'user', content: `${'[{"'.repeat(1000)} what is this?` }];
  expect((await post(valid({ messages }))).status).toBe(200);
});

test.each([
  ['an overlong form', [0xc0, 0xaf]],
  ['half a character', [0xe4, 0xbd]],
  ['Latin-1', [0xe9]],
])('bad UTF-8: %s', async (_name, bytes) => {
  const [before = '', after = ''] = valid().split('Hello');
  const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
  expect(await refuse(() => post(body))).toEqual({ status: 400, code: 'invalid_encoding', param: null });
});

test.each<[string, Record<string, string>]>([
  ['none', { 'content-type': '' }],
  ['plain text, as a page of another site may send it', { 'content-type': 'text/plain' }],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['something longer', { 'content-type': 'application/jsonx' }],
  ['compressed', { ...TYPE, 'content-encoding': 'gzip' }],
])('content type: %s', async (_name, headers) => {
  const refusal = { status: 415, code: 'unsupported_media_type', param: null };
  expect(await refuse(() => post(valid(), headers))).toEqual(refusal);
});

const TEN_MEGABYTES = valid({ messages: [{ role: 'user', content: 'x'.repeat(10_000_000) }] });
const TOO_LARGE = { status: 413, code: 'body_too_large', param: null };

test.each([
  ['announced by its length', () => post(TEN_MEGABYTES)],
  ['in chunks of unknown number', () => post(new Blob([TEN_MEGABYTES]).stream())],
])('10 MB %s', async (_name, send) => {
  expect(await refuse(send)).toEqual(TOO_LARGE);
});

test.each([
  ['announced', `Content-Length: ${TEN_MEGABYTES.length}\r\n\r\n${TEN_MEGABYTES}`],
  [
    'in one chunk',
    `Transfer-Encoding: chunked\r\n\r\n${TEN_MEGABYTES.length.toString(16)}\r\n${TEN_MEGABYTES}\r\n0\r\n\r\n`,
  ],
])('10 MB %s, from a client that reads only after it has written', async (_name, rest) => {
  const connection = await connectRaw(gateway.port);
  connection.socket.pause();
  const written = new Promise((resolve) => {
    connection.socket.write(`${CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`);
    connection.socket.write(rest, resolve);
  });
  await written;
  connection.socket.resume();
  expect((await connection.response()).status).toBe(413);
  connection.close();
});

test('the error names an unknown field without repeating all of it', async () => {
  const response = await post(valid({ glassgate: { ['a'.repeat(1_000_000)]: 1 } }));
  expect((await response.text()).length).toBeLessThan(1000);
  const nul = await post(`{"${'b'.repeat(1_000_000)}":"\\u0000"}`);
  expect(nul.status).toBe(400);
  expect((await nul.text()).length).toBeLessThan(1000);
});

test.each([false, true])("a prompt over the model's own context (stream: %s)", async (stream) => {
  const ledger = await openLedger(probe);
  upstream.reply(replay(stream ? 'error-stream-too-long' : 'error-too-long'));
  const refusal = await refusalOf(await post(valid({ stream })));
  expect(refusal).toEqual({ status: 400, code: 'context_length_exceeded', param: 'messages' });
  expect(await ledger.told(1)).toEqual(toldAs(`${CHAT} 400 context_length_exceeded`));
});

test.each([
  ['error-max-tokens', 400, 'upstream_rejected', 'max_tokens'],
  ['error-bad-type', 400, 'upstream_rejected', 'temperature'],
  ['error-tools', 400, 'upstream_rejected', null],
  ['error-model', 404, 'model_not_found', 'model'],
  ['error-route', 502, 'upstream_error', null],
  ['error-unauthorized', 502, 'upstream_unauthorized', null],
])("the model server's own refusal, %s, in our words", async (name, status, code, param) => {
  upstream.reply(replay(name));
  const response = await post(valid());
  const text = await response.clone().text();
  expect(await refusalOf(response)).toEqual({ status, code, param });
  expect(text).not.toMatch(/validation|enable-auto|max_model_len|Unauthorized|aliases|Not Found/);
});

test.each([
  ['GET', '/v1/chat/completions', 405, 'method_not_allowed', 'POST'],
  ['DELETE', '/v1/chat/completions', 405, 'method_not_allowed', 'POST'],
  ['GET', '/v1/feedback', 405, 'method_not_allowed', 'POST'],
  ['POST', '/v1/models', 405, 'method_not_allowed', 'GET, HEAD'],
  ['PUT', '/v1/answers/ans_x', 405, 'method_not_allowed', 'GET, HEAD'],
  ['POST', '/', 405, 'method_not_allowed', 'GET, HEAD'],
  ['GET', '/v1', 404, 'not_found', null],
  ['POST', '/v1/completions', 404, 'not_found', null],
  ['GET', '/metrics', 404, 'not_found', null],
  ['GET', '/v1/answers/', 404, 'not_found', null],
])('%s %s', async (method, path, status, code, allow) => {
  const ledger = await openLedger(probe);
  const response = await fetch(`${gateway.url}${path}`, { method });
  expect(await refusalOf(response)).toEqual({ status, code, param: null });
  expect(response.headers.get('allow')).toBe(allow);
  const { spans, counts } = await ledger.told(1);
  expect(spans).toEqual([expect.stringMatching(new RegExp(` ${status} ${code}$`))]);
  expect(counts).toEqual({ [status]: 1 });
});

test.each([
  ['/assets/../../../etc/passwd', 'GET 404 not_found'],
  ['/assets/%2e%2e/%2e%2e/package.json', 'GET 404 not_found'],
  ['/assets/..%2f..%2fpackage.json', 'GET /assets/* 404 not_found'],
  ['/assets/%00', 'GET /assets/* 404 not_found'],
  ['//etc/passwd', 'GET 404 not_found'],
  ['/v1/answers/%zz', 'GET /v1/answers/:id 404 answer_not_found'],
  ['/assets/../v1/feedback', 'GET /v1/feedback 405 method_not_allowed'],
])('%s leads nowhere, and is told as where it leads', async (path, told) => {
  const ledger = await openLedger(probe);
  await sendRaw(gateway.port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  expect(await ledger.told(1)).toEqual(toldAs(told));
});
