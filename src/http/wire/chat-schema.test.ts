import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { GatewayError } from '../../errors/gateway-error.ts';
import { check, parseChatRequest } from './chat-schema.ts';

const DEFAULTS = { model: 'default-model', collection: 'handbook' };
const MESSAGES = [{ role: 'user', content: 'Hello?' }];

function parse(fields: object = {}) {
  return parseChatRequest({ messages: MESSAGES, ...fields }, DEFAULTS);
}

function refusalOf(body: unknown): { code: string; param: string | undefined; message: string } {
  try {
    parseChatRequest(body, DEFAULTS);
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    const { code, param, message } = thrown;
    return { code, param, message };
  }
  return { code: 'none', param: undefined, message: '' };
}

describe('a request', () => {
  test('that says nothing but its messages gets the defaults', () => {
    expect(parse()).toEqual({
      model: 'default-model',
      messages: MESSAGES,
      stream: false,
      includeUsage: false,
      retrieval: { enabled: true, collection: 'handbook' },
      body: { messages: MESSAGES },
    });
  });

  test('that says everything', () => {
    const fields = {
      model: 'm',
      stream: true,
      stream_options: { include_usage: true, other: 1 },
      n: 2,
      temperature: 2,
      top_p: 0,
      presence_penalty: -2,
      frequency_penalty: 2,
      max_tokens: 1,
      max_completion_tokens: 10_000_000,
    };
    expect(parse({ ...fields, glassgate: { retrieval: false, collection: 'manuals' } })).toEqual({
      model: 'm',
      messages: MESSAGES,
      stream: true,
      includeUsage: true,
      retrieval: { enabled: false, collection: 'manuals' },
      body: { messages: MESSAGES, ...fields },
    });
  });

  test.each(['stream', 'stream_options', 'n', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'])(
    'may say null for %s',
    (field) => {
      expect(refusalOf({ messages: MESSAGES, [field]: null }).code).toBe('none');
    },
  );

  test('is sent on as it was, but for our own field', () => {
    const body = {
      messages: MESSAGES,
      seed: 1,
      tools: [{ type: 'function' }],
      user: 'ann',
      metadata: { a: [null] },
    };
    expect(parseChatRequest({ ...body, glassgate: {} }, DEFAULTS).body).toEqual(body);
  });

  test('may have any field we do not know, with any value', () => {
    const known = [
      'model',
      'messages',
      'stream',
      'stream_options',
      'n',
      'max_tokens',
      'max_completion_tokens',
    ];
    const more = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'glassgate'];
    const field = fc.string({ minLength: 1 }).filter((name) => ![...known, ...more].includes(name));
    fc.assert(
      fc.property(field, fc.jsonValue(), (name, value) => {
        const body = JSON.parse(JSON.stringify({ messages: MESSAGES, [name]: value })) as Record<
          string,
          unknown
        >;
        expect(parseChatRequest(body, DEFAULTS).body).toEqual(body);
      }),
    );
  });

  test('keeps even a field that is called __proto__, and it changes nothing', () => {
    const body: unknown = JSON.parse(
      '{"messages":[{"role":"user","content":"x","__proto__":{"a":1}}],"__proto__":{"stream":true}}',
    );
    const request = parseChatRequest(body, DEFAULTS);
    expect(request.stream).toBe(false);
    expect(JSON.stringify(request.body)).toBe(JSON.stringify(body));
  });
});

describe('messages', () => {
  test.each(['system', 'developer', 'user', 'assistant', 'tool', 'function'])(
    'may have the role %s',
    (role) => {
      expect(refusalOf({ messages: [{ role, content: 'x' }, ...MESSAGES] }).code).toBe('none');
    },
  );

  test.each<[string, unknown]>([
    ['text', 'x'],
    ['nothing', null],
    [
      'parts',
      [
        { type: 'text', text: 'x' },
        { type: 'image_url', image_url: { url: 'data:,' } },
      ],
    ],
    ['no parts', []],
    ['parts of kinds to come', [{ type: 'video', frames: [1, 2] }]],
  ])('may hold %s', (_name, content) => {
    expect(refusalOf({ messages: [{ role: 'assistant', content }, ...MESSAGES] }).code).toBe('none');
  });

  test('may have fields of any kind, which stay', () => {
    const messages = [
      { role: 'assistant', content: null, tool_calls: [{ id: '1' }], refusal: null, x: { y: 1 } },
      ...MESSAGES,
    ];
    expect(parse({ messages }).messages).toEqual(messages);
  });

  test.each<[string, unknown[]]>([
    ['only a system message', [{ role: 'system', content: 'Be brief.' }]],
    ['only an answer', [{ role: 'assistant', content: 'Yes.' }]],
    ['an empty question', [{ role: 'user', content: '' }]],
    ['a blank question', [{ role: 'user', content: ' \n\t' }]],
    ['a question of nothing', [{ role: 'user', content: null }]],
    ['a question without content', [{ role: 'user' }]],
    ['a question without parts', [{ role: 'user', content: [] }]],
    [
      'a question of empty parts',
      [{ role: 'user', content: [{ type: 'text', text: '' }, { type: 'text' }] }],
    ],
  ])('must hold a question: %s', (_name, messages) => {
    expect(refusalOf({ messages })).toMatchObject({ code: 'no_user_message', param: 'messages' });
  });

  test('an image alone is a question', () => {
    const content = [{ type: 'image_url', image_url: { url: 'data:,' } }];
    expect(refusalOf({ messages: [{ role: 'user', content }] }).code).toBe('none');
  });

  test('one question among many is enough', () => {
    expect(refusalOf({ messages: [...MESSAGES, { role: 'user', content: '' }] }).code).toBe('none');
  });

  test.each([2049, 100_000])('%i are too many, and are not looked at', (count) => {
    const startedAt = performance.now();
    expect(refusalOf({ messages: Array.from({ length: count }, () => null) })).toMatchObject({
      code: 'too_many_messages',
      param: 'messages',
    });
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test('2048 are not', () => {
    expect(refusalOf({ messages: Array.from({ length: 2048 }, () => MESSAGES[0]) }).code).toBe('none');
  });
});

describe('a refusal names the first field at fault', () => {
  test.each<[string, unknown, string | undefined]>([
    ['no object', [], undefined],
    ['nothing', null, undefined],
    ['a text', 'x', undefined],
    ['no messages', {}, 'messages'],
    ['messages of another type', { messages: 'x' }, 'messages'],
    ['no message', { messages: [] }, 'messages'],
    ['a message of another type', { messages: [...MESSAGES, 'x'] }, 'messages.1'],
    ['an unknown role', { messages: [{ role: 'king', content: 'x' }] }, 'messages.0.role'],
    ['no role', { messages: [{ content: 'x' }] }, 'messages.0.role'],
    ['content of another type', { messages: [{ role: 'user', content: 7 }] }, 'messages.0.content'],
    ['a model of another type', { messages: MESSAGES, model: 7 }, 'model'],
    ['an empty model', { messages: MESSAGES, model: '' }, 'model'],
    ['a model without end', { messages: MESSAGES, model: 'm'.repeat(257) }, 'model'],
    ['a stream of another type', { messages: MESSAGES, stream: 'yes' }, 'stream'],
    ['stream options of another type', { messages: MESSAGES, stream_options: true }, 'stream_options'],
    [
      'an option of another type',
      { messages: MESSAGES, stream_options: { include_usage: 1 } },
      'stream_options.include_usage',
    ],
    ['n: 1000', { messages: MESSAGES, n: 1000 }, 'n'],
    ['n: 0', { messages: MESSAGES, n: 0 }, 'n'],
    ['n: 1.5', { messages: MESSAGES, n: 1.5 }, 'n'],
    ['max_tokens: -1', { messages: MESSAGES, max_tokens: -1 }, 'max_tokens'],
    ['too many tokens', { messages: MESSAGES, max_completion_tokens: 10_000_001 }, 'max_completion_tokens'],
    ['temperature: 3', { messages: MESSAGES, temperature: 3 }, 'temperature'],
    ['temperature as text', { messages: MESSAGES, temperature: '0' }, 'temperature'],
    ['top_p: 2', { messages: MESSAGES, top_p: 2 }, 'top_p'],
    ['a penalty of -3', { messages: MESSAGES, presence_penalty: -3 }, 'presence_penalty'],
    ['a field of ours that is none', { messages: MESSAGES, glassgate: { colour: 1 } }, 'glassgate.colour'],
    [
      'retrieval of another type',
      { messages: MESSAGES, glassgate: { retrieval: 'no' } },
      'glassgate.retrieval',
    ],
    ['an empty collection', { messages: MESSAGES, glassgate: { collection: '' } }, 'glassgate.collection'],
    ['glassgate of another type', { messages: MESSAGES, glassgate: null }, 'glassgate'],
  ])('%s', (_name, body, param) => {
    const refusal = refusalOf(body);
    expect(refusal).toMatchObject({ code: 'invalid_request', param });
    expect(refusal.message).toMatch(
      param === undefined ? /^The body is not acceptable: / : new RegExp(`^${param}`),
    );
  });

  test('and never its value', () => {
    const refusals = [
      refusalOf({ messages: [{ role: 'swordfish', content: 'x' }] }),
      refusalOf({ messages: MESSAGES, temperature: 'swordfish' }),
      refusalOf({ messages: 'swordfish' }),
    ];
    expect(JSON.stringify(refusals)).not.toContain('swordfish');
  });

  test('for any JSON at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (messages, other) => {
        for (const body of [messages, { messages, model: other }, { messages: [messages, other] }])
          expect(['none', 'invalid_request', 'no_user_message']).toContain(refusalOf(body).code);
      }),
      { numRuns: 300 },
    );
  });
});

test('any other schema can be checked the same way', () => {
  const schema = z.strictObject({ a: z.number() });
  expect(check(schema, { a: 1 }, [])).toEqual({ a: 1 });
  expect(() => check(schema, { a: 'x' }, ['list', 3])).toThrow(
    expect.objectContaining({ param: 'list.3.a' }),
  );
  expect(() => check(schema, { a: 1, b: 2 }, [])).toThrow(
    expect.objectContaining({ param: 'b', message: 'b: unknown field' }),
  );
});
