import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../../test/support/fake-upstream.ts';
import { replay, replayPart, status } from '../../test/support/recorded-replies.ts';
import { installTelemetryProbe } from '../../test/support/telemetry-probe.ts';
import type { ModelRequest } from '../domain/generation.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { createUpstreamClient, type UpstreamClient } from '../generation/upstream-client.ts';
import { chatRequest, requestContext, stageScope } from './__fixtures__/request.ts';
import { runGenerateStage, type GenerateStageOptions } from './generate-stage.ts';
import type { StageScope } from './stage.ts';

const probe = installTelemetryProbe();
let upstream: FakeUpstream;
let client: UpstreamClient;

beforeAll(async () => {
  upstream = await startFakeUpstream(replay('chat'));
  client = createUpstreamClient({
    url: upstream.url,
    apiKey: undefined,
    connectTimeoutMs: 2000,
    maxConnections: 8,
  });
});

afterAll(async () => {
  await client.close();
  await upstream.close();
});

afterEach(() => {
  expect(probe.liveSpans()).toBe(0);
  expect([...probe.endings().values()].every((count) => count === 1)).toBe(true);
  probe.reset();
  upstream.requests.length = 0;
});

function options(fields: Partial<GenerateStageOptions> = {}): GenerateStageOptions {
  return {
    upstream: client,
    timeouts: { firstByteMs: 300, betweenBytesMs: 300, totalMs: 5000 },
    maxRetries: 1,
    captureContent: false,
    ...fields,
  };
}

interface Outcome {
  readonly span: ReadableSpan | undefined;
  readonly scope: StageScope;
  readonly error: string | undefined;
  readonly text: string;
}

/** Runs the step to its end, as the path does. */
async function run(
  fields: Partial<ModelRequest> = {},
  stageOptions = options(),
  scope: StageScope = stageScope(),
): Promise<Outcome> {
  const request = { ...chatRequest(), ...fields };
  let error: string | undefined;
  const texts: string[] = [];
  try {
    for await (const frames of runGenerateStage(request, stageOptions, scope)) {
      scope.journal.released(frames);
      texts.push(...frames.flatMap(({ deltas }) => deltas.map(({ text }) => text)));
    }
  } catch (thrown) {
    error = thrown instanceof GatewayError ? thrown.code : String(thrown);
  }
  const span = probe.spans().find(({ name }) => name.startsWith('chat '));
  return { span, scope, error, text: texts.join('') };
}

async function attempts(): Promise<Record<string, number>> {
  const samples = await probe.samples();
  return Object.fromEntries(
    samples
      .filter(({ name }) => name === 'glassgate.upstream.attempts')
      .map(({ labels, value }) => [String(labels['glassgate.upstream.outcome']), value]),
  );
}

function events(): (string | undefined)[] {
  return probe.logs().map(({ eventName }) => eventName);
}

describe('the chat span', () => {
  test('of an answer', async () => {
    upstream.reply(replay('chat'));
    const { span, scope } = await run({ body: { temperature: 0, max_tokens: 9, top_p: 0.5, n: 2, seed: 7 } });
    expect(span).toMatchObject({ name: `chat ${FAKE_MODEL}`, kind: SpanKind.CLIENT });
    expect(span?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'vllm',
      'gen_ai.request.model': FAKE_MODEL,
      'gen_ai.request.stream': false,
      'gen_ai.request.temperature': 0,
      'gen_ai.request.max_tokens': 9,
      'gen_ai.request.top_p': 0.5,
      'gen_ai.request.choice.count': 2,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(upstream.url).port),
      'gen_ai.response.id': 'chatcmpl-req-1',
      'gen_ai.response.model': FAKE_MODEL,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 37,
      'gen_ai.usage.output_tokens': 8,
      'glassgate.upstream.attempts': 1,
    });
    expect(scope.journal.chatSpanId).toBe(span?.spanContext().spanId);
    expect(scope.journal.stages).toMatchObject([{ stage: 'generate', outcome: 'ok' }]);
  });

  test('of a stream has the time to the first chunk', async () => {
    upstream.reply(replay('chat-stream-usage'));
    const { span } = await run({ stream: true });
    expect(span?.attributes).toMatchObject({
      'gen_ai.request.stream': true,
      'gen_ai.usage.input_tokens': 34,
      'gen_ai.usage.output_tokens': 48,
    });
    expect(span?.attributes['gen_ai.response.time_to_first_chunk']).toBeGreaterThan(0);
  });

  test.each([
    [
      'max_completion_tokens counts as max_tokens',
      { max_completion_tokens: 5 },
      'gen_ai.request.max_tokens',
      5,
    ],
    ['what is no number is left out', { temperature: 'hot' }, 'gen_ai.request.temperature', undefined],
    ['null is left out', { top_p: null }, 'gen_ai.request.top_p', undefined],
  ])('%s', async (_name, body, attribute, value) => {
    upstream.reply(replay('chat'));
    expect((await run({ body })).span?.attributes[attribute]).toBe(value);
  });

  test('is the parent of what happens in the upstream', async () => {
    upstream.reply(replay('chat'));
    const { span } = await run();
    const { traceId, spanId } = span?.spanContext() ?? {};
    expect(upstream.requests[0]?.headers['traceparent']).toBe(`00-${traceId}-${spanId}-01`);
  });

  test('covers all attempts, each with the same parent', async () => {
    upstream.reply(status(503), replay('chat'));
    const { span, error } = await run();
    expect(error).toBeUndefined();
    expect(span?.attributes['glassgate.upstream.attempts']).toBe(2);
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(new Set(upstream.requests.map(({ headers }) => headers['traceparent'])).size).toBe(1);
    expect(events()).toEqual(['upstream.failed', 'upstream.retried']);
    expect(probe.logs().every((record) => record.spanContext?.spanId === span?.spanContext().spanId)).toBe(
      true,
    );
  });
});

describe('ends', () => {
  test.each([
    ['before the first byte', status(500), 'upstream_error', ['upstream.failed']],
    ['by a refusal', replay('error-too-long'), 'context_length_exceeded', ['upstream.failed']],
    [
      'after retries',
      status(503),
      'upstream_overloaded',
      ['upstream.failed', 'upstream.retried', 'upstream.failed'],
    ],
    ['by silence', () => undefined, 'upstream_first_byte_timeout', ['upstream.failed']],
    [
      'in the middle',
      replayPart('chat-stream-usage', 5, (r) => void r.end()),
      'stream_interrupted',
      ['upstream.failed'],
    ],
  ])('%s', async (_name, reply, code, logged) => {
    upstream.reply(reply);
    const { span, scope, error } = await run({ stream: true });
    expect(error).toBe(code);
    expect(span?.attributes['error.type']).toBe(code);
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(scope.journal.stages).toMatchObject([{ stage: 'generate', outcome: 'failed' }]);
    expect(events()).toEqual(logged);
  });

  test('when the caller leaves, which is no error and no failure of the upstream', async () => {
    upstream.reply(replayPart('chat-stream-usage', 5));
    const caller = new AbortController();
    const scope = stageScope(requestContext({ signal: caller.signal }));
    const running = run({ stream: true }, options(), scope);
    await expect.poll(() => upstream.requests.length).toBe(1);
    caller.abort(new GatewayError('client_closed_request'));
    const { span, error } = await running;
    expect(error).toBe('client_closed_request');
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes['error.type']).toBe('client_closed_request');
    expect(scope.journal.stages).toMatchObject([{ outcome: 'aborted' }]);
    expect(events()).toEqual([]);
  });

  test('when the reader stops reading: once, and the upstream stops', async () => {
    upstream.reply(replayPart('chat-stream-usage', 5));
    const scope = stageScope();
    const before = await attempts();
    const frames = runGenerateStage({ ...chatRequest(), stream: true }, options(), scope);
    await frames.next();
    await frames.return();
    expect(await upstream.requests[0]?.ended).toBe('aborted');
    expect(probe.spans()[0]?.status.code).toBe(SpanStatusCode.UNSET);
    expect(scope.journal.stages).toMatchObject([{ stage: 'generate', outcome: 'ok' }]);
    expect((await attempts())['aborted']).toBe((before['aborted'] ?? 0) + 1);
    expect(probe.spans()[0]?.attributes['glassgate.upstream.attempts']).toBe(1);
  });
});

describe('attempts', () => {
  test('are counted one by one, by how each ended', async () => {
    const before = await attempts();
    upstream.reply(status(503), replay('chat'));
    await run();
    upstream.reply(status(400));
    await run();
    const after = await attempts();
    const grown = Object.entries(after).map(
      ([outcome, value]) => [outcome, value - (before[outcome] ?? 0)] as const,
    );
    expect(Object.fromEntries(grown.filter(([, value]) => value > 0))).toEqual({
      upstream_overloaded: 1,
      ok: 1,
      upstream_rejected: 1,
    });
  });
});

describe('content', () => {
  const messages = [{ role: 'user', content: 'canary question' }] as const;

  test('is in no span and no event', async () => {
    upstream.reply(status(503, { error: { message: 'canary error' } }), replay('chat'));
    await run({ messages });
    const told = JSON.stringify([
      probe.spans().map(({ attributes }) => attributes),
      probe.logs().map(({ attributes }) => attributes),
    ]);
    expect(told).not.toMatch(/canary|capital of France/);
  });

  test('is on the span when it is captured', async () => {
    upstream.reply(replay('chat'));
    const { span } = await run({ messages }, options({ captureContent: true }));
    expect(JSON.parse(String(span?.attributes['gen_ai.input.messages']))).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'canary question' }] },
    ]);
    expect(JSON.parse(String(span?.attributes['gen_ai.output.messages']))).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'The capital of France is Paris.' }] },
    ]);
  });
});
