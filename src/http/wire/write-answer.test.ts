import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SpanKind } from '@opentelemetry/api';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readRecording, recordedChunks } from '../../../test/support/recorded-replies.ts';
import type { AnswerEvent } from '../../domain/answer-event.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { readStreamFrame, readWholeFrame } from '../../generation/read-frame.ts';
import { chatRequest } from '../../pipeline/__fixtures__/request.ts';
import { openSpan } from '../../telemetry/spans.ts';
import type { Exchange } from '../exchange.ts';
import { writeAnswer } from './write-answer.ts';

interface Written {
  /** What `writeAnswer` ended with. */
  readonly ended: Promise<unknown>;
  readonly exchange: Exchange;
  readonly outgoing: ServerResponse;
}

/** A server whose every request is answered with these events; the promise resolves with the first. */
async function serve(events: () => AsyncIterable<AnswerEvent>, stream: boolean) {
  const { promise: written, resolve } = Promise.withResolvers<Written>();
  const server = createServer((_incoming, outgoing) => {
    const left = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) left.abort(new GatewayError('client_closed_request'));
    });
    const exchange = openExchange(left.signal);
    const request = chatRequest({ stream, includeUsage: true });
    const ended = writeAnswer(events(), request, { outgoing, exchange, answerId: 'ans_1' }).then(
      () => 'done',
      (error: unknown) => {
        if (!outgoing.headersSent) outgoing.writeHead(500).end();
        return error;
      },
    );
    resolve({ ended, exchange, outgoing });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, written };
}

function openExchange(signal: AbortSignal): Exchange {
  const span = openSpan('test', { kind: SpanKind.SERVER });
  span.end();
  return {
    requestId: 'r-1',
    startedAt: performance.now(),
    span,
    signal,
    principal: { kind: 'local', id: 'loopback' },
    identityError: undefined,
    requestsPerMinute: 0,
    failure: undefined,
    answerId: 'ans_1',
  };
}

const START: AnswerEvent = { type: 'answer-start', passages: [] };
const END: AnswerEvent = {
  type: 'answer-end',
  stages: [
    { stage: 'input_guard', startMs: 0, durationMs: 0.1234, outcome: 'ok' },
    { stage: 'generate', startMs: 1, durationMs: 20, outcome: 'ok' },
  ],
};
const BLOCKED: AnswerEvent = {
  type: 'answer-blocked',
  stage: 'output',
  verdict: { action: 'block', rule: 'leak-private-key', category: 'LLM02' },
  language: 'en',
};

function delta(...texts: string[]): AnswerEvent {
  return { type: 'answer-delta', frames: texts.map((text) => readStreamFrame(Buffer.from(text))) };
}

const CHUNKS = recordedChunks('chat-stream-length');

/** Events in order; an error is thrown in its place. */
async function* play(...events: readonly (AnswerEvent | Error)[]): AsyncGenerator<AnswerEvent> {
  for (const event of events) {
    if (event instanceof Error) throw event;
    yield await Promise.resolve(event);
  }
}

async function ask(stream: boolean, ...events: readonly (AnswerEvent | Error)[]) {
  const { url, written } = await serve(() => play(...events), stream);
  const response = await fetch(url);
  const body = await response.text();
  return { response, body, ...(await written) };
}

describe('a stream', () => {
  test('goes out with its headers and every byte', async () => {
    const { response, body, ended, exchange } = await ask(
      true,
      START,
      ...CHUNKS.map((chunk) => delta(chunk)),
      END,
    );
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
    });
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(body.match(/data: /g)).toHaveLength(CHUNKS.length);
    expect(await ended).toBe('done');
    expect(exchange.failure).toBeUndefined();
  });

  test('goes out as it comes, not when it is complete', async () => {
    const { promise: more, resolve: goOn } = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<AnswerEvent> {
      yield START;
      yield delta(CHUNKS[0] ?? '', CHUNKS[1] ?? '');
      await more;
      yield delta(...CHUNKS.slice(2));
      yield END;
    }
    const { url } = await serve(slow, true);
    const reader = (await fetch(url)).body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toContain('"glassgate"');
    goOn();
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read());
  });

  test('of nothing has no answer: its first byte never came', async () => {
    const failure = new GatewayError('upstream_error');
    const { response, ended, exchange } = await ask(true, START, failure);
    expect(await ended).toBe(failure);
    expect(response.status).toBe(500);
    expect(exchange.failure).toBeUndefined();
  });

  test('that fails after its first byte ends with one error frame and no [DONE]', async () => {
    const { response, body, ended, exchange } = await ask(
      true,
      START,
      delta(...CHUNKS.slice(0, 4)),
      new GatewayError('stream_interrupted'),
    );
    expect(response.status).toBe(200);
    expect(await ended).toBe('done');
    expect(body).not.toContain('[DONE]');
    const last = body.trimEnd().split('\n\n').at(-1)?.slice('data: '.length) ?? '';
    expect(JSON.parse(last)).toEqual({
      error: {
        message: 'The model server broke off its answer.',
        type: 'upstream_error',
        code: 'stream_interrupted',
        param: null,
        request_id: 'r-1',
      },
    });
    expect(exchange.failure?.code).toBe('stream_interrupted');
  });

  test('that fails for a reason of its own says no more than that', async () => {
    const { body, exchange } = await ask(
      true,
      START,
      delta(...CHUNKS.slice(0, 4)),
      new Error('secret at /srv'),
    );
    expect(body).toContain('"code":"internal_error"');
    expect(body).not.toContain('secret');
    expect(exchange.failure?.cause).toBeInstanceOf(Error);
  });

  test('that is blocked after its first byte says by which rule', async () => {
    const { body, exchange } = await ask(true, START, delta(...CHUNKS.slice(0, 4)), BLOCKED);
    expect(body).toContain('"code":"answer_blocked"');
    expect(body).toContain('leak-private-key');
    expect(body).not.toContain('[DONE]');
    expect(exchange.failure?.code).toBe('answer_blocked');
  });

  test('that is blocked before its first byte is refused', async () => {
    expect(await (await ask(true, START, BLOCKED)).ended).toMatchObject({ code: 'answer_blocked' });
    expect(await (await ask(true, { ...BLOCKED, stage: 'input' })).ended).toMatchObject({
      code: 'question_blocked',
    });
  });
});

describe('a slow reader', () => {
  /** Events until the end of time, and how many were taken. */
  function endless() {
    const state = { taken: 0, isStopped: false };
    const large = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(1 << 16) } }] })}\n\n`;
    async function* events(): AsyncGenerator<AnswerEvent> {
      try {
        yield START;
        for (;;) {
          state.taken += 1;
          yield await Promise.resolve(delta(large));
        }
      } finally {
        state.isStopped = true;
      }
    }
    return { state, events };
  }

  /** A client that gets the headers and reads nothing. */
  async function connect(url: string): Promise<IncomingMessage> {
    const sent = httpRequest(url).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.pause();
    return response;
  }

  test('holds the answer back instead of piling it up', async () => {
    const { state, events } = endless();
    const { url, written } = await serve(events, true);
    const response = await connect(url);
    const { outgoing } = await written;
    let before = -1;
    const hasStopped = () => {
      const same = state.taken === before;
      before = state.taken;
      return same;
    };
    await expect.poll(hasStopped, { interval: 50 }).toBe(true);
    expect(outgoing.writableLength).toBeLessThan(1 << 20);
    response.destroy();
  });

  test('who leaves ends the answer', async () => {
    const { state, events } = endless();
    const { url, written } = await serve(events, true);
    const response = await connect(url);
    const { ended, exchange } = await written;
    response.destroy();
    expect(await ended).toBe('done');
    expect(exchange.failure?.code).toBe('client_closed_request');
    expect(state.isStopped).toBe(true);
  });
});

describe('an answer in one piece', () => {
  const sent = readRecording('chat').body ?? '';
  const whole: AnswerEvent = { type: 'answer-delta', frames: [readWholeFrame(Buffer.from(sent))] };

  test('goes out with its length and the time of each step', async () => {
    const { response, body, ended } = await ask(false, START, whole, END);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'server-timing': 'input_guard;dur=0.123, generate;dur=20.000',
    });
    const { glassgate, ...rest } = JSON.parse(body) as Record<string, unknown>;
    expect(rest).toEqual(JSON.parse(sent));
    expect(glassgate).toMatchObject({ answer_id: 'ans_1', request_id: 'r-1', passages: [] });
    expect(await ended).toBe('done');
  });

  test('that fails or is blocked has not begun', async () => {
    const failure = new GatewayError('upstream_error');
    expect(await (await ask(false, START, failure)).ended).toBe(failure);
    expect(await (await ask(false, START, BLOCKED)).ended).toMatchObject({ code: 'answer_blocked' });
    expect(await (await ask(false, START, whole, BLOCKED)).ended).toMatchObject({ code: 'answer_blocked' });
  });
});
