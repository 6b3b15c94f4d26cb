import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordedChunks } from '../../test/support/recorded-replies.ts';
import { dataOf, SseSplitter } from './sse-splitter.ts';

const STREAMS = [
  'chat-stream',
  'chat-stream-chinese',
  'chat-stream-length',
  'chat-stream-logprobs',
  'chat-stream-n2',
  'chat-stream-usage',
  'chat-tool-stream',
];

/** Pushes the parts one after the other; the events with what the end of the stream completed. */
function split(...parts: readonly (string | Uint8Array)[]): string[] {
  const splitter = new SseSplitter();
  const events = parts.flatMap((part) => splitter.push(Buffer.from(part)));
  const last = splitter.end();
  return (last === undefined ? events : [...events, last]).map((event) => Buffer.from(event).toString());
}

function dataIn(...parts: readonly (string | Uint8Array)[]): (string | undefined)[] {
  return split(...parts).map((event) => dataOf(Buffer.from(event)));
}

/** Every way to cut bytes into two. */
function* cuts(bytes: Uint8Array): Generator<[Uint8Array, Uint8Array]> {
  for (let at = 0; at <= bytes.length; at += 1) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

function bytewise(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1));
}

describe('events', () => {
  test.each([
    ['nothing', '', []],
    ['one event', 'data: a\n\n', ['data: a\n\n']],
    ['two events', 'data: a\n\ndata: b\n\n', ['data: a\n\n', 'data: b\n\n']],
    ['an event over several lines', 'event: x\nid: 1\ndata: a\n\n', ['event: x\nid: 1\ndata: a\n\n']],
    ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n', ['data: a\r\n\r\n', 'data: b\r\n\r\n']],
    ['CR alone', 'data: a\r\rdata: b\r\r', ['data: a\r\r', 'data: b\r\r']],
    ['a line ended by CR, the event by CRLF', 'data: a\r\r\ndata: b\n\n', ['data: a\r\r\n', 'data: b\n\n']],
    ['a line ended by LF, the event by CR', 'data: a\n\rdata: b\n\n', ['data: a\n\r', 'data: b\n\n']],
    ['CR and LF in a row are one line end', 'data: a\r\ndata: b\r\n\r\n', ['data: a\r\ndata: b\r\n\r\n']],
    ['blank lines in front', '\n\ndata: a\n\n', ['\n', '\n', 'data: a\n\n']],
    ['a comment', ': ping\n\n', [': ping\n\n']],
    ['an event without its blank line is not one', 'data: a\n\ndata: b\n', ['data: a\n\n']],
    ['half a line is no event', 'data: a\n\ndata: [DO', ['data: a\n\n']],
  ])('%s', (_name, text, events) => {
    expect(split(text)).toEqual(events);
  });

  test('a CR at the end of a read waits for the LF that may belong to it', () => {
    const splitter = new SseSplitter();
    expect(splitter.push(Buffer.from('data: a\r\n\r'))).toEqual([]);
    expect(splitter.push(Buffer.from('\n')).map(String)).toHaveLength(1);
    expect(splitter.push(Buffer.from('data: b\n\n'))).toHaveLength(1);
  });

  test('the end of the stream completes an event that waits for such an LF', () => {
    const splitter = new SseSplitter();
    expect(splitter.push(Buffer.from('data: a\r\r'))).toEqual([]);
    expect(Buffer.from(splitter.end() ?? []).toString()).toBe('data: a\r\r');
  });

  test.each(['', 'data: a', 'data: a\n', 'data: a\r', 'data: a\r\n', 'data: a\n\n'])(
    'the end of the stream completes nothing else (%j)',
    (text) => {
      const splitter = new SseSplitter();
      splitter.push(Buffer.from(text));
      expect(splitter.end()).toBeUndefined();
    },
  );

  test('an event is handed out as soon as its blank line is there, whatever follows', () => {
    const splitter = new SseSplitter();
    expect(splitter.push(Buffer.from('data: a\n'))).toEqual([]);
    expect(splitter.push(Buffer.from('\ndata: b'))).toHaveLength(1);
    expect(splitter.push(Buffer.from('\n\n'))).toHaveLength(1);
  });

  test('no byte is lost or made up: events in a row are the stream', () => {
    for (const name of STREAMS) {
      const whole = recordedChunks(name).join('');
      expect(split(whole).join('')).toBe(whole);
    }
  });
});

describe('data of an event', () => {
  test.each<[string, string | undefined]>([
    ['data: a\n\n', 'a'],
    ['data:a\n\n', 'a'],
    ['data:  a\n\n', ' a'],
    ['data: \n\n', ''],
    ['data:\n\n', ''],
    ['data\n\n', ''],
    ['data: a\ndata: b\n\n', 'a\nb'],
    ['data: a\ndata\ndata: b\n\n', 'a\n\nb'],
    ['data: a\r\n\r\n', 'a'],
    ['data: a\r\n\n', 'a'],
    ['data: a\r\r', 'a'],
    ['data: a\n\r\n', 'a'],
    ['data: a\rdata: b\n\n', 'a\nb'],
    ['data: [DONE]\r\n\n', '[DONE]'],
    ['event: error\ndata: a\nid: 7\n\n', 'a'],
    [': ping\ndata: a\n\n', 'a'],
    [': data: a\n\n', undefined],
    ['event: ping\n\n', undefined],
    ['database: a\n\n', undefined],
    [' data: a\n\n', undefined],
    ['\n', undefined],
    ['data: 水曜日\n\n', '水曜日'],
  ])('%j', (event, data) => {
    expect(dataOf(Buffer.from(event))).toBe(data);
  });

  test('is read from a view into a larger buffer', () => {
    const buffer = Buffer.from('xxdata: a\n\nyy');
    expect(dataOf(new Uint8Array(buffer.buffer, buffer.byteOffset + 2, 9))).toBe('a');
  });
});

describe('any split of the bytes gives the same events', () => {
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((line) => !/[\r\n]/.test(line));
  const line = fc.oneof(
    { weight: 5, arbitrary: fc.record({ field: fc.constantFrom('data: ', 'data:'), text }) },
    { weight: 1, arbitrary: fc.record({ field: fc.constantFrom(': ', 'event: ', 'id: ', 'retry:'), text }) },
  );
  const event = fc.record({
    lines: fc.array(fc.record({ line, end: lineEnd }), { minLength: 1, maxLength: 4 }),
    end: lineEnd,
  });

  /** The bytes of the events and what a reader of the standard must find in them. */
  function render(events: readonly (typeof event extends fc.Arbitrary<infer T> ? T : never)[]) {
    let bytes = '';
    const data = events.map(({ lines, end }) => {
      for (const { line, end } of lines) bytes += line.field + line.text + end;
      // CR and LF in a row would be one line end.
      bytes += bytes.endsWith('\r') && end === '\n' ? '\r\n' : end;
      const values = lines
        .filter(({ line }) => line.field.startsWith('data'))
        .map(({ line }) => (line.field === 'data:' ? line.text.replace(/^ /, '') : line.text));
      return values.length === 0 ? undefined : values.join('\n');
    });
    return { bytes: Buffer.from(bytes), data };
  }

  test('of arbitrary events, lines, line ends and texts', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 5 }),
        fc.array(fc.nat(400), { maxLength: 8 }),
        (events, at) => {
          const { bytes, data } = render(events);
          const ends = [...at.map((position) => Math.min(position, bytes.length)), bytes.length].sort(
            (left, right) => left - right,
          );
          const parts = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
          expect(dataIn(...parts)).toEqual(data);
          expect(split(...parts)).toEqual(split(bytes));
        },
      ),
      { numRuns: 400 },
    );
  });

  test('byte by byte', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 4 }), (events) => {
        const { bytes, data } = render(events);
        expect(dataIn(...bytewise(bytes))).toEqual(data);
      }),
    );
  });

  test.each(STREAMS)('of what vLLM sent (%s), byte by byte', (name) => {
    const chunks = recordedChunks(name);
    expect(chunks.length).toBeGreaterThan(3);
    expect(split(...bytewise(Buffer.from(chunks.join(''))))).toEqual(chunks);
  });

  test('of a stream with CRLF, cut in two at every position', () => {
    const chunks = recordedChunks('chat-stream-length').map((chunk) => chunk.replaceAll('\n', '\r\n'));
    const bytes = Buffer.from(chunks.join(''));
    for (const [head, tail] of cuts(bytes)) expect(split(head, tail)).toEqual(chunks);
  });

  test('of characters of several bytes, cut in two at every position', () => {
    const texts = ['水', '👍🏽', 'é', '𐍈', 'a\u0301'];
    const bytes = Buffer.from(texts.map((value) => `data: ${value}\n\n`).join(''));
    for (const [head, tail] of cuts(bytes)) expect(dataIn(head, tail)).toEqual(texts);
  });
});

describe('size', () => {
  const LIMIT = 8 << 20;

  test('an event that never ends is an error and not a leak of memory', () => {
    const splitter = new SseSplitter();
    const part = Buffer.alloc(1 << 20, 'x');
    const push = () => {
      for (let count = 0; count < 20; count += 1) splitter.push(part);
    };
    expect(push).toThrow('The model server sent an event that is too large.');
  });

  test('an event just below the limit goes through', () => {
    const splitter = new SseSplitter();
    const event = Buffer.concat([Buffer.from('data: '), Buffer.alloc(LIMIT - 8, 'x'), Buffer.from('\n\n')]);
    expect(splitter.push(event.subarray(0, LIMIT - 2))).toEqual([]);
    expect(splitter.push(event.subarray(LIMIT - 2))[0]).toHaveLength(LIMIT);
  });

  test('many events in one read may be larger than one event', () => {
    const one = `data: ${'x'.repeat(1 << 16)}\n\n`;
    expect(new SseSplitter().push(Buffer.from(one.repeat(200)))).toHaveLength(200);
  });

  test('a long event in small reads costs no more than one in large reads, but for the reads', () => {
    const splitter = new SseSplitter();
    const part = Buffer.alloc(1024, 'x');
    const startedAt = performance.now();
    for (let count = 0; count < 7000; count += 1) splitter.push(part);
    const [event] = splitter.push(Buffer.from('\n\n'));
    expect(event).toHaveLength(7000 * 1024 + 2);
    // Copied with each read it would be 25 GB.
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('an event that was handed out stays as it was, whatever comes after it', () => {
    const splitter = new SseSplitter();
    const events: Uint8Array[] = [];
    const expected: string[] = [];
    for (let count = 0; count < 50; count += 1) {
      expected.push(`data: ${String(count).repeat(count)}\n\n`);
      for (const byte of bytewise(Buffer.from(expected.at(-1) ?? ''))) events.push(...splitter.push(byte));
    }
    expect(events.map((event) => Buffer.from(event).toString())).toEqual(expected);
  });
});
