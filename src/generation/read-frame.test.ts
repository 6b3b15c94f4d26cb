import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRecording, recordedChunks } from '../../test/support/recorded-replies.ts';
import type { GenerationFrame } from '../domain/generation.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { readStreamFrame, readWholeFrame } from './read-frame.ts';

function chunk(fields: unknown): GenerationFrame {
  return readStreamFrame(Buffer.from(`data: ${JSON.stringify(fields)}\n\n`));
}

function delta(fields: unknown, choice: object = {}): GenerationFrame {
  return chunk({ choices: [{ index: 0, delta: fields, finish_reason: null, ...choice }] });
}

/** Texts of all channels, put together. */
function textsOf(frames: readonly GenerationFrame[]): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { channel, text } of frames.flatMap(({ deltas }) => deltas))
    texts[channel] = (texts[channel] ?? '') + text;
  return texts;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (thrown) {
    return thrown instanceof GatewayError ? thrown.code : String(thrown);
  }
  return 'nothing thrown';
}

describe('what vLLM streamed', () => {
  /** The stream as one letter for each event, its texts, its end. */
  function summary(name: string) {
    const frames = recordedChunks(name).map((text) => readStreamFrame(Buffer.from(text)));
    return {
      kinds: frames.map(({ kind }) => kind[0]).join(''),
      texts: textsOf(frames),
      finish: frames.flatMap(({ finishReason }) => finishReason ?? []),
      usage: frames.find(({ usage }) => usage !== undefined)?.usage,
      ids: new Set(frames.flatMap(({ responseId }) => responseId ?? [])),
    };
  }

  test('an answer cut at its length, with usage', () => {
    expect(summary('chat-stream-length')).toEqual({
      kinds: 'mddddddddud',
      texts: { content0: 'The story begins with a mysterious figure who' },
      finish: ['length'],
      usage: { inputTokens: 35, outputTokens: 8 },
      ids: new Set(['chatcmpl-b6424eaf25cae2fc']),
    });
  });

  test('two choices', () => {
    expect(summary('chat-stream-n2')).toEqual({
      kinds: 'mmddddddddddddddddud',
      texts: { content0: 'Maliassalam al-ikr', content1: 'Hi there, any how. baby I' },
      finish: ['length', 'length'],
      usage: { inputTokens: 33, outputTokens: 16 },
      ids: new Set(['chatcmpl-9dfddccc57c05148']),
    });
  });

  test('a tool call: name and arguments are texts of their own', () => {
    expect(summary('chat-tool-stream')).toMatchObject({
      kinds: 'mdddddud',
      texts: { 'toolname0.0': 'weather', 'tool0.0': '"weather"' },
      finish: ['stop'],
      usage: { inputTokens: 34, outputTokens: 42 },
    });
  });

  test('log probabilities', () => {
    expect(summary('chat-stream-logprobs')).toMatchObject({
      kinds: 'mddddd',
      texts: { content0: 'Hello there! I' },
      finish: ['length'],
      usage: undefined,
    });
  });

  test.each(['chat-stream', 'chat-stream-usage', 'chat-stream-chinese'])('%s', (name) => {
    const { kinds, texts, finish, usage } = summary(name);
    expect(kinds).toMatch(name === 'chat-stream' ? /^md+$/ : /^md+ud$/);
    expect(Object.keys(texts)).toEqual(['content0']);
    expect(finish).toHaveLength(1);
    expect(usage === undefined).toBe(name === 'chat-stream');
  });

  test('the first chunk carries no text and is no content', () => {
    const first = readStreamFrame(Buffer.from(recordedChunks('chat-stream')[0] ?? ''));
    expect(first).toMatchObject({ kind: 'meta', deltas: [], responseId: 'chatcmpl-req-1' });
  });
});

describe('what vLLM answered in one piece', () => {
  test.each([
    ['chat', { content0: 'The capital of France is Paris.' }, 'stop', { inputTokens: 37, outputTokens: 8 }],
    ['chat-stop', { content0: 'One two ' }, 'stop', { inputTokens: 36, outputTokens: 3 }],
    [
      'chat-tool',
      { 'toolname0.0': 'weather', 'tool0.0': '"weather"' },
      'stop',
      { inputTokens: 34, outputTokens: 42 },
    ],
    [
      'chat-json-schema',
      { content0: '{\n  "name": "Alejandro",\n  "age": 20\n}' },
      'stop',
      { inputTokens: 37, outputTokens: 21 },
    ],
  ])('%s', (name, texts, finishReason, usage) => {
    const bytes = Buffer.from(readRecording(name).body ?? '');
    const frame = readWholeFrame(bytes);
    expect(frame).toMatchObject({ kind: 'whole', model: 'smollm2-135m-instruct', finishReason, usage });
    expect(textsOf([frame])).toEqual(texts);
    expect(frame.bytes).toBe(bytes);
  });
});

describe('one event', () => {
  test.each([
    ['data: [DONE]\n\n', 'done'],
    ['data: [DONE]\r\n\r\n', 'done'],
    ['data:[DONE]\n\n', 'done'],
    [': keep-alive\n\n', 'meta'],
    ['\n', 'meta'],
    ['data:\n\n', 'meta'],
    ['event: ping\n\n', 'meta'],
    ['data: {"choices":[]}\n\n', 'meta'],
    ['data: {}\n\n', 'meta'],
    ['data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n', 'usage'],
    ['data: {"choices":[],"usage":{"prompt_tokens":1}}\n\n', 'meta'],
    ['data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n', 'meta'],
    ['data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n', 'delta'],
    ['data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n', 'delta'],
    ['data: {"error":null,"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n', 'delta'],
  ])('%j is %s', (text, kind) => {
    const bytes = Buffer.from(text);
    const frame = readStreamFrame(bytes);
    expect(frame.kind).toBe(kind);
    expect(frame.bytes).toBe(bytes);
  });

  test('usage inside a content chunk is noted, and the chunk stays content', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 1 };
    const frame = chunk({ choices: [{ index: 0, delta: { content: 'a' } }], usage });
    expect(frame).toMatchObject({ kind: 'delta', usage: { inputTokens: 3, outputTokens: 1 } });
  });

  test('data over several lines is one JSON text', () => {
    const frame = readStreamFrame(Buffer.from('data: {"choices":[{"delta":\ndata: {"content":"a"}}]}\n\n'));
    expect(frame.deltas).toEqual([{ channel: 'content0', text: 'a' }]);
  });
});

describe('channels', () => {
  test.each<[string, object, Record<string, string>]>([
    ['content', { content: 'a' }, { content0: 'a' }],
    ['reasoning', { reasoning: 'a' }, { reasoning0: 'a' }],
    ['reasoning as other servers name it', { reasoning_content: 'a' }, { reasoning0: 'a' }],
    ['a refusal', { refusal: 'a' }, { refusal0: 'a' }],
    [
      'the older function call',
      { function_call: { name: 'f', arguments: '{}' } },
      { 'toolname.0': 'f', 'tool.0': '{}' },
    ],
    [
      'tools by their index',
      {
        tool_calls: [
          { index: 1, function: { name: 'f' } },
          { index: 0, function: { arguments: '{' } },
        ],
      },
      { 'toolname1.0': 'f', 'tool0.0': '{' },
    ],
    [
      'tools without one by their place',
      { tool_calls: [{ function: { name: 'f', arguments: '1' } }, { function: { name: 'g' } }] },
      { 'toolname0.0': 'f', 'tool0.0': '1', 'toolname1.0': 'g' },
    ],
    ['content and reasoning in one', { content: 'a', reasoning: 'b' }, { content0: 'a', reasoning0: 'b' }],
    ['empty texts', { content: '', reasoning: '', tool_calls: [] }, {}],
    ['nulls', { content: null, reasoning: null, refusal: null, tool_calls: null, function_call: null }, {}],
    ['texts of other types', { content: 7, reasoning: ['a'], tool_calls: 'x' }, {}],
    ['a tool that is not one', { tool_calls: [null, 7, {}, { function: null }] }, {}],
    ['tool arguments that are no text', { tool_calls: [{ function: { name: 1, arguments: {} } }] }, {}],
  ])('%s', (_name, fields, texts) => {
    expect(textsOf([delta(fields)])).toEqual(texts);
  });

  test('each choice has its own', () => {
    const frame = chunk({
      choices: [
        { index: 2, delta: { content: 'a' } },
        { index: 0, delta: { content: 'b' } },
      ],
    });
    expect(textsOf([frame])).toEqual({ content2: 'a', content0: 'b' });
  });

  test.each([undefined, null, 'x', {}])('a choice with index %j counts as the first', (index) => {
    expect(textsOf([delta({ content: 'a' }, { index })])).toEqual({ content0: 'a' });
  });
});

describe('an error in the middle of a stream', () => {
  test.each([
    [{ message: 'engine died', type: 'InternalServerError', param: null, code: 500 }, 'upstream_error'],
    [{ message: 'busy', code: 503 }, 'upstream_overloaded'],
    [{ message: 'no', code: 400, param: 'temperature' }, 'upstream_rejected'],
    [{ message: "This model's maximum context length is 4096", code: 400 }, 'context_length_exceeded'],
    ['plain', 'upstream_error'],
    [{}, 'upstream_error'],
    [true, 'upstream_error'],
  ])('%j', (error, code) => {
    expect(codeOf(() => chunk({ error }))).toBe(code);
  });

  test('does not repeat what the upstream said', () => {
    const thrown = (() => {
      try {
        return chunk({ error: { message: 'cuda error at /srv/secret', code: 500 } });
      } catch (error) {
        return error;
      }
    })();
    expect(String(thrown)).not.toContain('secret');
  });
});

describe('what is not an answer', () => {
  test.each(['x', '{', '"text"', '7', 'null', 'true', '{"choices":[}', '<html>'])('%j', (text) => {
    expect(codeOf(() => readStreamFrame(Buffer.from(`data: ${text}\n\n`)))).toBe('upstream_error');
    expect(codeOf(() => readWholeFrame(Buffer.from(text)))).toBe('upstream_error');
  });

  test('an empty body', () => {
    expect(codeOf(() => readWholeFrame(Buffer.alloc(0)))).toBe('upstream_error');
  });

  test('its text is not in the error', () => {
    expect(() => readWholeFrame(Buffer.from('the password is swordfish'))).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('swordfish') as string }),
    );
  });

  test.each([
    ['choices', { choices: 'x' }],
    ['a choice', { choices: [null, 7, 'x', []] }],
    ['a delta', { choices: [{ delta: null }, { delta: 7 }, { message: null }] }],
    ['usage', { choices: [], usage: null }],
    ['numbers of usage', { choices: [], usage: { prompt_tokens: '1', completion_tokens: null } }],
    ['names', { id: 7, model: null, choices: [{ finish_reason: 1 }] }],
  ])('%s of another type counts as absent', (_name, fields) => {
    expect(chunk(fields)).toMatchObject({
      kind: 'meta',
      deltas: [],
      usage: undefined,
      responseId: undefined,
      model: undefined,
      finishReason: undefined,
    });
  });
});

describe('any JSON at all', () => {
  const wire = fc.record(
    {
      id: fc.jsonValue(),
      choices: fc.oneof(
        fc.jsonValue(),
        fc.array(
          fc.oneof(
            fc.jsonValue(),
            fc.record(
              {
                index: fc.jsonValue(),
                delta: fc.oneof(
                  fc.jsonValue(),
                  fc.record(
                    {
                      content: fc.jsonValue(),
                      reasoning: fc.jsonValue(),
                      tool_calls: fc.oneof(
                        fc.jsonValue(),
                        fc.array(
                          fc.record(
                            { index: fc.jsonValue(), function: fc.jsonValue() },
                            { requiredKeys: [] },
                          ),
                        ),
                      ),
                    },
                    { requiredKeys: [] },
                  ),
                ),
                finish_reason: fc.jsonValue(),
              },
              { requiredKeys: [] },
            ),
          ),
        ),
      ),
      usage: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  test('is a frame or an error of ours, never a fault of the reader', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), wire), (value) => {
        const text = JSON.stringify(value);
        for (const read of [() => chunk(value), () => readWholeFrame(Buffer.from(text))]) {
          const code = codeOf(read);
          expect(['nothing thrown', 'upstream_error']).toContain(code);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('every text of a well-formed chunk is found in its channel', () => {
    const text = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(fc.nat(9), text, text, text, (index, content, reasoning, argument) => {
        const frame = chunk({
          choices: [
            {
              index,
              delta: { content, reasoning, tool_calls: [{ index: 3, function: { arguments: argument } }] },
            },
          ],
        });
        expect(textsOf([frame])).toEqual({
          [`content${index}`]: content,
          [`reasoning${index}`]: reasoning,
          [`tool3.${index}`]: argument,
        });
      }),
    );
  });
});
