import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { propagation, SpanKind, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { TracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExtractiveEngine } from '../extractive-engine.ts';
import type { GeneratedPart, ModelEngine } from './engine.ts';
import { EngineBusyError } from './engine.ts';
import { createModelServer } from './model-server.ts';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
propagation.setGlobalPropagator(new W3CTraceContextPropagator());

const PASSAGES = '[passages 0a]\n[1] Start\nStart it with one command.\n[end of passages 0a]';
const messages = [
  { role: 'system', content: PASSAGES },
  { role: 'user', content: 'How do I start it?' },
];
const ANSWER = 'The handbook says:\n\n- Start it with one command. [1]';

let server: Server;
let url: string;
let engine: ModelEngine;

async function listen(changes: Partial<ModelEngine> = {}, chunkDelayMs = 0): Promise<void> {
  engine = { ...createExtractiveEngine(), ...changes };
  server = createModelServer({ engine, chunkDelayMs, tracer: provider.getTracer('test') });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
beforeEach(async () => {
  exporter.reset();
  await listen();
});
afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

async function ask(body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body), headers });
}
async function framesOf(response: Response): Promise<unknown[]> {
  const frames = (await response.text()).split('\n\n').filter((frame) => frame !== '');
  return frames.map((frame) =>
    frame === 'data: [DONE]' ? 'DONE' : JSON.parse(frame.replace(/^data: /, '')),
  );
}
async function restart(changes: Partial<ModelEngine>, chunkDelayMs = 0): Promise<void> {
  server.close();
  await listen(changes, chunkDelayMs);
}

describe('a stream', () => {
  it('is role, pieces, finish, usage when asked for, and DONE', async () => {
    const response = await ask(
      { messages, stream: true, stream_options: { include_usage: true } },
      { 'x-request-id': 'req-1' },
    );
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-request-id')).toBe('req-1');
    const frames = await framesOf(response);
    const head = {
      id: 'chatcmpl-req-1',
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: 'glassgate-extractive',
    };
    const choice = (delta: object, finishReason: string | null = null): object => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    });
    expect(frames).toEqual([
      choice({ role: 'assistant', content: '' }),
      ...['The', ' handbook', ' says:', '\n\n-', ' Start', ' it', ' with', ' one', ' command.', ' [1]'].map(
        (content) => choice({ content }),
      ),
      choice({ content: '' }, 'stop'),
      { ...head, choices: [], usage: { prompt_tokens: 33, total_tokens: 47, completion_tokens: 14 } },
      'DONE',
    ]);
  });

  it('has no usage chunk unless asked, and one role chunk for each choice', async () => {
    const frames = (await framesOf(await ask({ messages, stream: true, n: 2 }))) as {
      choices?: { index: number }[];
    }[];
    expect(frames.every((frame) => frame.choices?.length !== 0)).toBe(true);
    expect(frames.slice(0, 2).map((frame) => frame.choices?.[0]?.index)).toEqual([0, 1]);
    expect(frames.at(-1)).toBe('DONE');
  });
});

describe('an answer in one body', () => {
  it('has the text and the usage', async () => {
    const response = await ask({ messages, model: 'glassgate-extractive' });
    expect(await response.json()).toEqual({
      id: `chatcmpl-${response.headers.get('x-request-id')}`,
      object: 'chat.completion',
      created: expect.any(Number),
      model: 'glassgate-extractive',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: ANSWER, refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 33, total_tokens: 47, completion_tokens: 14 },
    });
  });

  it('says when it was cut', async () => {
    const { choices, usage } = (await (await ask({ messages, max_tokens: 4, n: 2 })).json()) as {
      choices: { message: { content: string }; finish_reason: string }[];
      usage: object;
    };
    expect(choices.map(({ message, finish_reason: reason }) => [message.content, reason])).toEqual([
      ['The handbook', 'length'],
      ['The handbook', 'length'],
    ]);
    expect(usage).toEqual({ prompt_tokens: 33, total_tokens: 39, completion_tokens: 6 });
  });
});

describe('other routes', () => {
  it('lists the model, is healthy, and knows nothing else', async () => {
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await (await fetch(`${url}/v1/models?x=1`)).json()).toEqual({
      object: 'list',
      data: [
        {
          id: 'glassgate-extractive',
          object: 'model',
          created: expect.any(Number),
          owned_by: 'glassgate',
          max_model_len: 32_768,
        },
      ],
    });
    const missing = await fetch(`${url}/v1/nothing`);
    expect([missing.status, await missing.json()]).toEqual([404, { detail: 'Not Found' }]);
    const method = await fetch(`${url}/v1/chat/completions`);
    expect([method.status, await method.json()]).toEqual([405, { detail: 'Method Not Allowed' }]);
  });
});

describe('errors', () => {
  it('answers in the shapes of vLLM', async () => {
    const response = await ask({ messages, model: 'nope' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { type: 'NotFoundError', param: 'model', code: 404 },
    });
  });

  it('refuses a body that is too large without reading it all', async () => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: Buffer.alloc(33 * 1024 * 1024, 32),
    }).catch(() => undefined);
    // Node may see the connection end before it has read the answer; nothing may be answered but 413.
    expect(response?.status ?? 413).toBe(413);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('says 500 before the first byte and one error frame after it, without telling why', async () => {
    const broken = async function* (): AsyncGenerator<GeneratedPart> {
      yield { type: 'start' };
      yield { type: 'text-delta', text: 'half', tokens: 1 };
      throw new Error('secret reason');
    };
    await restart({ generate: broken });
    const whole = await ask({ messages });
    const error = {
      message: 'The model failed to answer.',
      type: 'InternalServerError',
      param: null,
      code: 500,
    };
    expect([whole.status, await whole.json()]).toEqual([500, { error }]);
    const frames = await framesOf(await ask({ messages, stream: true }));
    expect(frames.slice(2)).toEqual([{ error }, 'DONE']);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('says 503 when the engine takes no more', async () => {
    const busy = (): never => {
      throw new EngineBusyError();
    };
    await restart({ generate: busy });
    const response = await ask({ messages, stream: true });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      error: { type: 'Service Unavailable', param: null, code: 503 },
    });
  });
});

describe('the llm_request span', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  it('continues the trace, under the names vLLM uses', async () => {
    await (
      await ask(
        { messages, stream: true, max_tokens: 99, temperature: 0.5 },
        { traceparent, 'x-request-id': 'r' },
      )
    ).text();
    const [span, ...others] = exporter.getFinishedSpans();
    expect(others).toEqual([]);
    expect(span).toMatchObject({ name: 'llm_request', kind: SpanKind.SERVER, status: { code: 0 } });
    expect(span?.spanContext().traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(span?.parentSpanContext?.spanId).toBe('00f067aa0ba902b7');
    expect(span?.attributes).toEqual({
      'gen_ai.request.id': 'chatcmpl-r',
      'gen_ai.request.max_tokens': 99,
      'gen_ai.request.n': 1,
      'gen_ai.request.top_p': 1,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.usage.prompt_tokens': 33,
      'gen_ai.usage.completion_tokens': 14,
      'gen_ai.latency.time_to_first_token': expect.any(Number),
      'gen_ai.latency.e2e': expect.any(Number),
      'gen_ai.latency.time_in_queue': expect.any(Number),
      'gen_ai.latency.time_in_model_prefill': expect.any(Number),
      'gen_ai.latency.time_in_model_decode': expect.any(Number),
      'gen_ai.latency.time_in_model_inference': expect.any(Number),
    });
  });

  it('begins a trace without one, leaves a zero temperature out, and is not made for a refusal', async () => {
    await ask({ messages, temperature: 0 });
    await ask({ messages, model: 'nope' });
    const spans = exporter.getFinishedSpans();
    expect(spans).toHaveLength(1);
    expect(spans[0]?.parentSpanContext).toBeUndefined();
    expect(spans[0]?.attributes).not.toHaveProperty('gen_ai.request.temperature');
  });
});

describe('a caller that leaves', () => {
  /** An engine that gives one piece and then waits for the end. */
  function createEndlessEngine(): { generate: ModelEngine['generate']; stopped: Promise<void> } {
    const stopped = Promise.withResolvers<void>();
    const generate = async function* (_: unknown, signal: AbortSignal): AsyncGenerator<GeneratedPart> {
      yield { type: 'start' };
      yield { type: 'text-delta', text: 'first', tokens: 1 };
      await once(signal, 'abort');
      stopped.resolve();
    };
    return { generate, stopped: stopped.promise };
  }

  it.each([true, false])('stops the engine at once and leaves no span (stream: %s)', async (stream) => {
    const { generate, stopped } = createEndlessEngine();
    await restart({ generate });
    const left = new AbortController();
    const asked = fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ messages, stream }),
      signal: left.signal,
    });
    const rejected = asked.then((response) => response.text()).catch((error: unknown) => error);
    if (stream) await asked;
    else await once(server, 'request');
    left.abort();
    await stopped;
    expect(await rejected).toMatchObject({ name: 'AbortError' });
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('waits between chunks when told to, and stops waiting when the caller leaves', async () => {
    const ended = Promise.withResolvers<void>();
    const generate = async function* (): AsyncGenerator<GeneratedPart> {
      try {
        yield { type: 'start' };
        yield { type: 'text-delta', text: 'first', tokens: 1 };
      } finally {
        ended.resolve();
      }
    };
    await restart({ generate }, 3_600_000);
    const left = new AbortController();
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ messages, stream: true }),
      signal: left.signal,
    });
    const { value } = await response.body!.getReader().read();
    const text = Buffer.from(value!).toString();
    expect([text.includes('"role":"assistant"'), text.includes('first')]).toEqual([true, false]);
    left.abort();
    await ended.promise;
    expect(exporter.getFinishedSpans()).toEqual([]);
  });

  it('does not fill memory for a caller that does not read', async () => {
    let pieces = 0;
    const paused = Promise.withResolvers<void>();
    const endless = async function* (_: unknown, signal: AbortSignal): AsyncGenerator<GeneratedPart> {
      yield { type: 'start' };
      signal.addEventListener('abort', () => paused.resolve());
      for (;;) {
        pieces += 1;
        yield { type: 'text-delta', text: 'x'.repeat(60_000), tokens: 1 };
      }
    };
    await restart({ generate: endless });
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.pause();
    const body = JSON.stringify({ messages, stream: true });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    // An engine that yields without pause would hold the event loop for ever if nothing stopped it.
    await once(server, 'request');
    expect((await fetch(`${url}/health`)).status).toBe(200);
    socket.destroy();
    await paused.promise;
    expect(pieces).toBeLessThan(1_000);
  });
});

it('uses the global tracer by default', () => {
  expect(trace.getTracer('glassgate.extractive-model')).toBeDefined();
  expect(() => createModelServer({ engine }).close()).not.toThrow();
});
