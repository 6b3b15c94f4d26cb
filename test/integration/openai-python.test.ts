import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKeyStore } from '../../src/access/key-store.ts';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream, type Reply } from '../support/fake-upstream.ts';
import { startTestGateway, type GatewayUnderTest } from '../support/gateway.ts';
import { readRecording, recordedChunks, replay, replayPart } from '../support/recorded-replies.ts';

const SUPPORT = join(import.meta.dirname, '../support');
const REQUIREMENTS = join(SUPPORT, 'python-requirements.txt');
const CACHE = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
const OWN_PYTHON = join(CACHE, 'glassgate/python-client/bin/python');
const NAMED_PYTHON = process.env['OPENAI_TEST_PYTHON'];

const python = NAMED_PYTHON ?? (existsSync(OWN_PYTHON) ? OWN_PYTHON : undefined);
const inCi = (process.env['CI'] ?? '') !== '';
const HOW_TO_INSTALL =
  'python3 -m venv ~/.cache/glassgate/python-client && ' +
  '~/.cache/glassgate/python-client/bin/pip install -r test/support/python-requirements.txt';
const SKIPPED = python === undefined ? `: SKIPPED, it is not installed. To run: ${HOW_TO_INSTALL}` : '';

if (SKIPPED !== '') console.warn(`The official client for Python${SKIPPED}`);

let upstream: FakeUpstream;
let gateway: GatewayUnderTest;
let seen: Record<string, unknown>;

/** Replies as the request itself says, since one process asks everything. */
function createReply(): Reply {
  let busy = false;
  const replies: Record<string, Reply> = {
    interrupted: replayPart('chat-stream-usage', 5, (response) => setImmediate(() => response.destroy())),
    held: replayPart('chat-stream-usage', 5),
    'busy-once': (response, request) => {
      busy = !busy;
      return replay(busy ? 'error-busy' : 'chat')(response, request);
    },
  };
  return (response, request) => {
    const { reply } = request.body['metadata'] as { reply: string };
    return (replies[reply] ?? replay(reply))(response, request);
  };
}

async function runClient(interpreter: string): Promise<Record<string, unknown>> {
  const keys = openKeyStore(join(gateway.folder, 'access.db'));
  const { text: limitedKey } = keys.create({ label: 'test', requestsPerMinute: 1 });
  keys.close();
  const script = join(SUPPORT, 'python_client.py');
  const { stdout } = await promisify(execFile)(interpreter, [
    script,
    `${gateway.url}/v1`,
    FAKE_MODEL,
    limitedKey,
  ]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

// `npm test` needs Node alone, so that a machine without the client skips this; CI has to have it.
describe.skipIf(python === undefined && !inCi)(`the official client for Python${SKIPPED}`, () => {
  beforeAll(async () => {
    if (python === undefined) throw new Error(`CI needs the official client for Python: ${HOW_TO_INSTALL}`);
    upstream = await startFakeUpstream(createReply());
    gateway = await startTestGateway(upstream.url, { GLASSGATE_UPSTREAM_MAX_RETRIES: '0' });
    seen = await runClient(python);
  }, 60_000);

  afterAll(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  test('is the version that is asked for', () => {
    expect(`openai==${String(seen['version'])}`).toBe(readFileSync(REQUIREMENTS, 'utf8').trim());
  });

  test('lists the models', () => {
    const model = { id: FAKE_MODEL, object: 'model', created: 1, owned_by: 'glassgate' };
    expect(seen['models']).toEqual([{ ...model, max_model_len: 2048 }]);
  });

  test('reads an answer, its extension and its headers', () => {
    const whole = seen['whole'] as { glassgate: Record<'answer_id' | 'request_id' | 'passages', string> };
    expect(whole).toMatchObject({
      content: 'The capital of France is Paris.',
      answer_header: whole.glassgate.answer_id,
      request_id: whole.glassgate.request_id,
    });
    expect(whole.glassgate.passages[0]).toMatchObject({ n: 1, source: 'docs/en/greenhouse.md' });
  });

  test('reads a stream with its usage', () => {
    const count = recordedChunks('chat-stream-usage').length - 1;
    expect(seen['stream']).toEqual({
      text: textOf('chat-stream-usage'),
      usage: { prompt_tokens: 34, total_tokens: 82, completion_tokens: 48 },
      extended: [0, count - 1],
      count,
    });
  });

  test('collects streamed tool calls', () => {
    expect(seen['stream_helper']).toMatchObject({ name: 'weather' });
  });

  test('reads a Chinese stream in its asynchronous form', () => {
    expect(seen['asynchronous']).toBe(textOf('chat-stream-chinese'));
  });

  test('gets tool calls, and its large seed arrives whole', () => {
    const { choices } = JSON.parse(readRecording('chat-tool').body ?? '') as {
      choices: { message: { tool_calls: object[] } }[];
    };
    expect(seen['tools']).toEqual(choices[0]?.message.tool_calls[0]);
    const asked = upstream.requests.find(({ text }) => text.includes('"reply":"chat-tool"'));
    expect(asked?.text).toContain('"seed":9223372036854775807');
  });

  test('switches retrieval off through extra_body', () => {
    expect(seen['extension']).toEqual([]);
  });

  test('maps our errors to its classes', () => {
    expect(seen['failures']).toEqual({
      range: ['BadRequestError', 400, 'invalid_request', 'n'],
      blocked: ['BadRequestError', 400, 'question_blocked', 'messages'],
      model: ['NotFoundError', 404, 'model_not_found', 'model'],
      key: ['AuthenticationError', 401, 'invalid_api_key', null],
      upstream: ['InternalServerError', 502, 'upstream_unauthorized', null],
      too_large: [expect.stringMatching(/^(?:APIStatus|RequestTooLarge)Error$/), 413, 'body_too_large', null],
      rate: 'rate_limited',
    });
  });

  test('throws when a stream breaks off', () => {
    expect(seen['interrupted']).toBe('stream_interrupted');
  });

  test('stops the model when it leaves', async () => {
    expect(seen['leaves']).toBe(true);
    const left = upstream.requests.find(({ text }) => text.includes('"reply":"held"'));
    expect(await left?.ended).toBe('aborted');
  });

  test('waits and asks again by itself when the model is busy', () => {
    expect(seen['retries']).toEqual({
      content: 'The capital of France is Paris.',
      seconds: expect.any(Number) as number,
    });
    expect((seen['retries'] as { seconds: number }).seconds).toBeGreaterThan(0.99);
  });
});

function textOf(name: string): string {
  return recordedChunks(name)
    .filter((event) => event.includes('"choices":[{'))
    .map(
      (event) => JSON.parse(event.slice('data: '.length)) as { choices: { delta: { content?: string } }[] },
    )
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('');
}
