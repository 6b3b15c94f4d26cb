import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../errors/gateway-error.ts';
import { parseJson } from './parse-json.ts';

function parse(text: string | Uint8Array): unknown {
  return parseJson(typeof text === 'string' ? Buffer.from(text) : text);
}

/** Code and field of the refusal, or nothing. */
function refusalOf(text: string | Uint8Array): [code?: string, param?: string] {
  try {
    parse(text);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return thrown.param === undefined ? [thrown.code] : [thrown.code, thrown.param];
  }
}

/** What is sent on to the upstream. */
function sentOn(text: string): string {
  return JSON.stringify(parse(text));
}

/** Whether there is a NUL or half a surrogate pair in any text or key of the value. */
function isUnsendable(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed() || value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => isUnsendable(key) || isUnsendable(inner));
}

describe('a body', () => {
  test.each(['{}', '[]', '"x"', '7', 'null', 'true', ' {"a" : [1, 2] } \n'])(
    '%j is what JSON says',
    (text) => {
      expect(parse(text)).toEqual(JSON.parse(text));
    },
  );

  test('any JSON value comes back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        const [code] = refusalOf(text);
        expect(code ?? sentOn(text)).toBe(isUnsendable(value) ? 'invalid_unicode' : text);
      }),
    );
  });

  test.each([
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{"a":undefined}',
    'NaN',
    '{"a":1}}',
    '\u0000',
    '{"a":"\n"}',
  ])('%j is none', (text) => {
    expect(refusalOf(text)).toEqual(['invalid_json']);
  });

  test('its text is not in the refusal', () => {
    expect(() => parse('{"password": swordfish}')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('swordfish') as string }),
    );
  });

  test('may begin with a byte order mark', () => {
    expect(parse(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 });
  });
});

describe('encoding', () => {
  test.each([
    ['a lone continuation byte', [0x22, 0x80, 0x22]],
    ['a sequence cut off', [0x22, 0xe6, 0xb0, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
    ['Latin-1', [0x22, 0xe9, 0x22]],
  ])('%s', (_name, bytes) => {
    expect(refusalOf(Uint8Array.from(bytes))).toEqual(['invalid_encoding']);
  });

  test('characters of every length pass', () => {
    expect(parse('"aé水👍"')).toBe('aé水👍');
  });
});

describe('text that cannot be sent on', () => {
  test.each([
    [String.raw`"\u0000"`, undefined],
    [String.raw`{"a":"x\u0000"}`, 'a'],
    [String.raw`{"messages":[{"content":"\ud83d"}]}`, 'messages.0.content'],
    [String.raw`{"messages":[{"content":"ok"},{"content":"\udc4d"}]}`, 'messages.1.content'],
    [String.raw`{"a":"\ud83d x"}`, 'a'],
    [String.raw`{"a":{"b":[["\uDFFF"]]}}`, 'a.b.0.0'],
    [String.raw`{"a":{"\ud83d":1}}`, 'a'],
  ])('%s names the field %s', (text, param) => {
    expect(refusalOf(text)).toEqual(param === undefined ? ['invalid_unicode'] : ['invalid_unicode', param]);
  });

  test.each([
    String.raw`"\ud83d\udc4d"`,
    String.raw`"\\u0000"`,
    String.raw`"\\ud83d"`,
    String.raw`"\u0001"`,
    '"👍"',
  ])('%s can', (text) => {
    expect(refusalOf(text)).toEqual([]);
  });
});

describe('nesting', () => {
  const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);

  test.each([1, 64])('%i levels pass', (depth) => {
    expect(refusalOf(nested(depth))).toEqual([]);
    expect(refusalOf(nested(depth, '{"a":', '}').replace(':}', ':1}'))).toEqual([]);
  });

  test.each([65, 10_000, 1_000_000])('%i levels do not, and cost no time', (depth) => {
    const startedAt = performance.now();
    expect(refusalOf(nested(depth))).toEqual(['nesting_too_deep']);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  test('brackets in texts are no levels', () => {
    expect(refusalOf(JSON.stringify({ a: '['.repeat(1000), b: '\\"[[{'.repeat(100) }))).toEqual([]);
  });

  test('many values beside each other are no levels', () => {
    expect(refusalOf(`[${'[],{},'.repeat(1000)}[]]`)).toEqual([]);
  });
});

describe('numbers', () => {
  test.each([
    '9007199254740993',
    '-9007199254740993',
    '18446744073709551615',
    '123456789012345678901234567890',
    '1e400',
    '0',
    '-1',
    '9007199254740991',
  ])('%s is sent on as it was written', (number) => {
    expect(sentOn(`{"seed":${number}}`)).toBe(`{"seed":${number}}`);
  });

  test.each(['0.1', '1.5', '0.30000000000000004', '1e-7'])(
    'the fraction %s stays the number it is',
    (number) => {
      expect(parse(`[${number}]`)).toEqual([Number(number)]);
    },
  );

  test('a body of very many values is parsed without looking at each', () => {
    const startedAt = performance.now();
    expect(parse(`[${'9007199254740993,'.repeat(200_000)}1]`)).toHaveLength(200_001);
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });
});
