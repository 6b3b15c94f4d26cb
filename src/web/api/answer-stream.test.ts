import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswerStream, type AnswerPart } from './answer-stream.ts';
import { ApiError, type Failure } from './api-error.ts';

const HEADERS = {
  'x-request-id': 'req_h',
  'x-glassgate-answer-id': 'ans_h',
  'x-glassgate-trace-id': 'trace_h',
};
const IDS = { answerId: 'ans_1', traceId: 'trace_1', requestId: 'req_1' };
const FIRST = {
  choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
  glassgate: {
    answer_id: 'ans_1',
    trace_id: 'trace_1',
    request_id: 'req_1',
    passages: [{ n: 1, id: 'a#0', title: 'Title', source: 'a.md', score: 0.9 }],
  },
};
const SOURCE = { n: 1, id: 'a#0', title: 'Title', source: 'a.md', score: 0.9 };
const USAGE = { choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } };

const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const delta = (content: string) =>
  frame({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
const finish = frame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
const DONE = 'data: [DONE]\n\n';

/** A response whose body comes in exactly these pieces. */
function responseOf(pieces: readonly (string | Uint8Array)[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
      }
      controller.close();
    },
  });
  return new Response(body, { headers: HEADERS });
}

/** What a reader gets before the end, and the failure it ends with when it does. */
async function readAll(response: Response): Promise<{ parts: AnswerPart[]; failure?: Failure }> {
  const parts: AnswerPart[] = [];
  try {
    for await (const part of readAnswerStream(response)) parts.push(part);
    return { parts };
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    return { parts, failure: thrown.failure };
  }
}

describe('readAnswerStream', () => {
  it('reads ids and sources, then text, then the end with its usage', async () => {
    const response = responseOf([frame(FIRST), delta('Hel'), delta('lo'), finish, frame(USAGE), DONE]);
    expect(await readAll(response)).toEqual({
      parts: [
        { type: 'start', sources: [SOURCE], ...IDS },
        { type: 'delta', text: 'Hel' },
        { type: 'delta', text: 'lo' },
        { type: 'end', finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 2 } },
      ],
    });
  });

  it('makes one delta of what one piece of network brought', async () => {
    const { parts } = await readAll(responseOf([frame(FIRST) + delta('a') + delta('b') + finish + DONE]));
    expect(parts).toEqual([
      { type: 'start', sources: [SOURCE], ...IDS },
      { type: 'delta', text: 'ab' },
      { type: 'end', finishReason: 'stop', usage: undefined },
    ]);
  });

  it('takes the ids from the headers when no chunk names them', async () => {
    const { parts } = await readAll(responseOf([delta('x'), DONE]));
    expect(parts[0]).toEqual({
      type: 'start',
      sources: [],
      answerId: 'ans_h',
      traceId: 'trace_h',
      requestId: 'req_h',
    });
  });

  it('keeps the text that came in the same piece as an error frame', async () => {
    const error = { error: { message: 'It broke.', code: 'upstream_stalled', request_id: 'req_e' } };
    expect(await readAll(responseOf([frame(FIRST), delta('half') + frame(error)]))).toEqual({
      parts: [
        { type: 'start', sources: [SOURCE], ...IDS },
        { type: 'delta', text: 'half' },
      ],
      failure: {
        code: 'upstream_stalled',
        message: 'It broke.',
        requestId: 'req_e',
        answerId: 'ans_h',
        traceId: 'trace_h',
      },
    });
  });

  it('calls a stream that ends without its last frame incomplete', async () => {
    const { parts, failure } = await readAll(responseOf([frame(FIRST), delta('half')]));
    expect(parts.at(-1)).toEqual({ type: 'delta', text: 'half' });
    expect(failure).toMatchObject({ code: 'stream_incomplete', requestId: 'req_h', answerId: 'ans_h' });
  });

  it('calls a body that breaks off incomplete', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new TypeError('reset')) });
    const { failure } = await readAll(new Response(body, { headers: HEADERS }));
    expect(failure).toMatchObject({ code: 'stream_incomplete', requestId: 'req_h' });
  });

  it('calls an empty response incomplete', async () => {
    expect((await readAll(new Response(null))).failure).toMatchObject({ code: 'stream_incomplete' });
  });

  it.each([
    ['a frame that is not JSON', 'data: {"choices": [\n\n'],
    ['an event past every limit', `data: ${'x'.repeat(1_100_000)}`],
    ['an answer past every limit', delta('x'.repeat(900_000)).repeat(3)],
  ])('calls %s invalid', async (_name, piece) => {
    expect((await readAll(responseOf([piece, DONE]))).failure).toMatchObject({ code: 'stream_invalid' });
  });

  it('passes over what follows the last frame', async () => {
    const { parts, failure } = await readAll(
      responseOf([delta('x') + DONE + frame({ error: { code: 'late' } })]),
    );
    expect(failure).toBeUndefined();
    expect(parts.at(-1)?.type).toBe('end');
  });

  it('passes over fields of a wrong kind', async () => {
    const odd = [
      [],
      null,
      { choices: 'x' },
      { choices: [{ delta: { content: 5 } }], usage: { prompt_tokens: 'x' } },
    ];
    const sources = { glassgate: { passages: [{ title: 'no number' }, 7, { n: 2, source: 'b.md' }] } };
    const { parts } = await readAll(responseOf([...odd.map(frame), frame(sources), DONE]));
    expect(parts).toEqual([
      {
        type: 'start',
        sources: [{ n: 2, id: '', title: 'b.md', source: 'b.md', score: 0 }],
        answerId: 'ans_h',
        traceId: 'trace_h',
        requestId: 'req_h',
      },
      { type: 'end', finishReason: undefined, usage: undefined },
    ]);
  });

  it('stops the source when its reader leaves', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(delta('x'))),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const part of readAnswerStream(new Response(body))) {
      if (part.type === 'delta') break;
    }
    expect(cancelled).toBe(true);
  });

  it('reads the same text however the bytes are cut', async () => {
    const text = '先看 **Stages** 面板 [1]。 Then compare 🙂.';
    const bytes = new TextEncoder().encode(frame(FIRST) + Array.from(text, delta).join('') + finish + DONE);
    const places = fc.array(fc.nat(bytes.length), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(places, async (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge));
        const { parts, failure } = await readAll(responseOf(pieces));
        expect(failure).toBeUndefined();
        expect(parts.map((part) => (part.type === 'delta' ? part.text : '')).join('')).toBe(text);
        expect(parts[0]).toEqual({ type: 'start', sources: [SOURCE], ...IDS });
      }),
      { numRuns: 50 },
    );
  });
});
