import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRecording, recordedChunks } from '../../../test/support/recorded-replies.ts';
import type { UsedPassage } from '../../domain/answer-record.ts';
import type { GenerationFrame } from '../../domain/generation.ts';
import { readStreamFrame, readWholeFrame } from '../../generation/read-frame.ts';
import { SseSplitter } from '../../generation/sse-splitter.ts';
import {
  AnswerFrameWriter,
  referencesOf,
  type AnswerExtension,
  type PassageReference,
} from './answer-frames.ts';

const IDS: AnswerExtension = { answer_id: 'ans_1', trace_id: 'a'.repeat(32), request_id: 'r-1' };
const PASSAGES: PassageReference[] = [
  { n: 1, id: 'a#0', title: 'Watering › 水 "quoted"', source: 'docs/a.md', score: 0.5 },
];
const STREAMS = [
  'chat-stream',
  'chat-stream-chinese',
  'chat-stream-length',
  'chat-stream-logprobs',
  'chat-stream-n2',
  'chat-stream-usage',
  'chat-tool-stream',
];
const WITH_USAGE = [
  'chat-stream-chinese',
  'chat-stream-length',
  'chat-stream-n2',
  'chat-stream-usage',
  'chat-tool-stream',
];

/** What a caller gets when the upstream's bytes arrive in these parts. */
function relay(parts: readonly Uint8Array[], includeUsage = true): string {
  const splitter = new SseSplitter();
  const writer = new AnswerFrameWriter(IDS, PASSAGES, includeUsage);
  return Buffer.concat(
    parts.map((part) => writer.encode(splitter.push(part).map((event) => readStreamFrame(event)))),
  ).toString();
}

/** The JSON objects of a stream and its end, read as a plain client does. */
function read(stream: string): Record<string, unknown>[] {
  return stream
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)) as Record<string, unknown>);
}

/** The stream without what we put into it: must be the very text of the upstream again. */
function withoutExtension(stream: string): string {
  return stream.replace(
    /"glassgate":\{(?:[^{}"]|"(?:[^"\\]|\\.)*"|\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\})*\},?/g,
    '',
  );
}

function bytewise(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1));
}

describe('what a caller gets of a stream', () => {
  test.each(STREAMS)(
    '%s: what the upstream sent, with our field in the first chunk and in that of the usage',
    (name) => {
      const sent = recordedChunks(name).join('');
      const got = relay([Buffer.from(sent)]);
      expect(withoutExtension(got)).toBe(sent);
      const [first, ...others] = read(got);
      expect(first?.['glassgate']).toEqual({ ...IDS, passages: PASSAGES });
      const extended = others.filter((chunk) => 'glassgate' in chunk);
      expect(extended.map((chunk) => chunk['glassgate'])).toEqual(WITH_USAGE.includes(name) ? [IDS] : []);
      expect(extended.every((chunk) => 'usage' in chunk)).toBe(true);
      expect(got.endsWith('data: [DONE]\n\n')).toBe(true);
    },
  );

  test.each(STREAMS)(
    '%s: without the usage chunk when nobody asked for it, and nothing else is missing',
    (name) => {
      const chunks = recordedChunks(name);
      const expected = chunks.filter((chunk) => !chunk.includes('"choices":[],"usage"')).join('');
      const got = relay([Buffer.from(chunks.join(''))], false);
      expect(withoutExtension(got)).toBe(expected);
      expect(got).not.toContain('"usage"');
      expect(expected.length < chunks.join('').length).toBe(WITH_USAGE.includes(name));
    },
  );

  test.each(STREAMS)('%s: the same, however the bytes came: one by one', (name) => {
    const bytes = Buffer.from(recordedChunks(name).join(''));
    expect(relay(bytewise(bytes))).toBe(relay([bytes]));
  });

  test.each(STREAMS)('%s: the same, however the bytes came: in any parts', (name) => {
    const bytes = Buffer.from(recordedChunks(name).join(''));
    const whole = relay([bytes]);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (positions) => {
        const ends = [...positions, bytes.length].sort((left, right) => left - right);
        expect(relay(ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)))).toBe(whole);
      }),
      { numRuns: 15 },
    );
  });

  test.each(['chat-stream-logprobs', 'chat-tool-stream'])(
    '%s: the same, cut in two at every position',
    (name) => {
      const bytes = Buffer.from(recordedChunks(name).join(''));
      const whole = relay([bytes], false);
      for (let at = 0; at <= bytes.length; at += 1)
        expect(relay([bytes.subarray(0, at), bytes.subarray(at)], false)).toBe(whole);
    },
  );

  test.each(['\r\n', '\r'])('the same with other line ends (%j)', (end) => {
    const sent = recordedChunks('chat-stream-usage').join('').replaceAll('\n', end);
    // With CR alone the last event waits for a byte that may follow.
    const bytes = Buffer.from(end === '\r' ? `${sent}:` : sent);
    const got = relay([bytes]);
    expect(withoutExtension(got)).toBe(sent);
    expect(relay(bytewise(bytes))).toBe(got);
  });
});

describe('what a caller gets of an answer in one piece', () => {
  test.each(['chat', 'chat-stop', 'chat-tool', 'chat-json-schema'])('%s', (name) => {
    const sent = readRecording(name).body ?? '';
    for (const includeUsage of [true, false]) {
      const writer = new AnswerFrameWriter(IDS, PASSAGES, includeUsage);
      const got = Buffer.from(writer.encode([readWholeFrame(Buffer.from(sent))])).toString();
      expect(withoutExtension(got)).toBe(sent);
      const { glassgate, ...rest } = JSON.parse(got) as Record<string, unknown>;
      expect(glassgate).toEqual({ ...IDS, passages: PASSAGES });
      expect(rest).toEqual(JSON.parse(sent));
    }
  });
});

describe('the first chunk', () => {
  function frames(...events: string[]): GenerationFrame[] {
    return events.map((event) => readStreamFrame(Buffer.from(event)));
  }

  function encode(...events: string[]): string {
    const writer = new AnswerFrameWriter(IDS, PASSAGES, true);
    return Buffer.from(writer.encode(frames(...events))).toString();
  }

  const CHUNK = 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';

  test.each([
    ['a comment', ': ping\n\n'],
    ['a comment that looks like JSON', ': {"a":1}\n\n'],
    ['a blank line', '\n'],
    ['an event without data', 'event: ping\n\n'],
    ['a time to try again', 'retry: 3000\n\n'],
    ['empty data', 'data:\n\n'],
  ])('is the first that is one: not %s', (_name, event) => {
    const [before, chunk] = encode(event, CHUNK).split('data: {"glassgate"');
    expect(before).toBe(event);
    expect(chunk).toContain('"content":"a"');
  });

  test('may have a comment with a brace in front of it', () => {
    const got = encode(`: {not this} database: {nor this}\n${CHUNK}`);
    expect(got).toMatch(/^: \{not this\} database: \{nor this\}\ndata: \{"glassgate":\{/);
    expect(withoutExtension(got)).toBe(`: {not this} database: {nor this}\n${CHUNK}`);
  });

  test('may have its JSON on several lines', () => {
    const got = encode('event: x\ndata: {"choices":\ndata: [{"index":0,"delta":{"content":"a"}}]}\n\n');
    expect(got).toMatch(/^event: x\ndata: \{"glassgate":\{.*\},"choices":\ndata: \[\{/);
  });

  test('may be an empty object', () => {
    const [chunk] = read(encode('data: {}\n\n'));
    expect(chunk).toEqual({ glassgate: { ...IDS, passages: PASSAGES } });
    expect(read(encode('data: { }\n\n'))[0]).toEqual({ glassgate: { ...IDS, passages: PASSAGES } });
  });

  test('may be in another batch than the second', () => {
    const writer = new AnswerFrameWriter(IDS, PASSAGES, true);
    expect(Buffer.from(writer.encode(frames(CHUNK))).toString()).toContain('"glassgate"');
    expect(Buffer.from(writer.encode(frames(CHUNK))).toString()).toBe(CHUNK);
  });

  test('that is the usage chunk has the passages, too', () => {
    const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":0}}\n\n';
    expect(read(encode(usage))[0]?.['glassgate']).toEqual({ ...IDS, passages: PASSAGES });
  });

  test('cannot be broken by what stands in a title', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        const passages = [{ n: 1, id: 'a#0', title, source: 's', score: 1 }];
        const got = Buffer.from(new AnswerFrameWriter(IDS, passages, true).encode(frames(CHUNK))).toString();
        expect(read(got)[0]?.['glassgate']).toEqual({ ...IDS, passages });
      }),
    );
  });
});

test('a batch of nothing is nothing', () => {
  expect(new AnswerFrameWriter(IDS, [], true).encode([])).toHaveLength(0);
});

test('a batch of one frame is not copied', () => {
  const writer = new AnswerFrameWriter(IDS, [], true);
  writer.encode([readStreamFrame(Buffer.from('data: {"choices":[]}\n\n'))]);
  const bytes = Buffer.from('data: {"choices":[]}\n\n');
  expect(writer.encode([readStreamFrame(bytes)])).toBe(bytes);
});

describe('references', () => {
  const passage: UsedPassage = {
    n: 1,
    id: 'a#0',
    title: 'T',
    source: 'S',
    position: 3,
    score: 0.5,
    hash: 'h',
    text: 'secret text',
    verdict: { action: 'allow' },
  };

  test('are the numbered passages without their text', () => {
    expect(referencesOf([passage, { ...passage, n: 2, id: 'b#0' }])).toEqual([
      { n: 1, id: 'a#0', title: 'T', source: 'S', score: 0.5 },
      { n: 2, id: 'b#0', title: 'T', source: 'S', score: 0.5 },
    ]);
  });

  test('are not those that were set aside', () => {
    const { n: _n, ...aside } = passage;
    expect(referencesOf([aside])).toEqual([]);
  });
});
