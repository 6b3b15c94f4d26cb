import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordedChunks } from '../../test/support/recorded-replies.ts';
import type { GenerationFrame, TextDelta } from '../domain/generation.ts';
import { readStreamFrame } from '../generation/read-frame.ts';
import { createOutputGuard, type OutputGuard } from './output-guard.ts';
import { LEAK_RULES, MARKER_RULE_ID } from './rules.ts';

const MARKER = '0f1e2d3c4b5a6978';
/** No pattern is longer, so no more of one channel is ever held back. */
const LONGEST_HOLD = 52;

/** Secrets of every shape a rule knows, its longest and its shortest. */
const SECRETS: readonly (readonly [rule: string, secret: string])[] = [
  ['leak-aws-access-key', 'AKIAIOSFODNN7EXAMPLE'],
  ['leak-aws-access-key', 'AKIAAAAAAAAAAAAAAAAA'],
  ['leak-gateway-key', `gg_AbCdEfGh12_${'x'.repeat(32)}`],
  ['leak-gateway-key', `gg_gg0gg0gg0g_${'gg_-'.repeat(8)}`],
  ['leak-private-key', '-----BEGIN PRIVATE KEY-----'],
  ['leak-private-key', '-----BEGIN RSA PRIVATE KEY-----'],
  ['leak-private-key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
  ['leak-private-key', '-----BEGIN ENCRYPTED PRIVATE KEY-----'],
  ['leak-private-key', `-----BEGIN ${'A'.repeat(19)} PRIVATE KEY-----`],
  [MARKER_RULE_ID, MARKER],
];

function frame(...deltas: readonly TextDelta[]): GenerationFrame {
  return { kind: 'delta', bytes: Buffer.from(deltas.map(({ text }) => text).join('')), deltas };
}

function textFrame(text: string, channel = 'content0'): GenerationFrame {
  return frame({ channel, text });
}

function textOf(frames: readonly GenerationFrame[], channel = 'content0'): string {
  return frames
    .flatMap(({ deltas }) => deltas)
    .filter((delta) => delta.channel === channel)
    .map(({ text }) => text)
    .join('');
}

/** Pushes one text after the other, each a frame and a read of its own; what came out before the end, and at the end. */
function run(texts: readonly string[], guard: OutputGuard = createOutputGuard(MARKER)) {
  const before: GenerationFrame[] = [];
  for (const text of texts) before.push(...guard.push([textFrame(text)]));
  const atEnd = guard.end();
  return { before: textOf(before), all: textOf([...before, ...atEnd]), verdict: guard.verdict };
}

function lettersOf(text: string): string[] {
  return Array.from(text);
}

/** The same text cut in two at every position. */
function cutsOf(text: string): [string, string][] {
  return Array.from({ length: text.length + 1 }, (_none, at) => [text.slice(0, at), text.slice(at)]);
}

/** Cuts a text at these positions. */
function cutAt(text: string, positions: readonly number[]): string[] {
  const ends = [...positions.map((position) => position % (text.length + 1)), text.length].sort(
    (left, right) => left - right,
  );
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

describe.each(SECRETS)('%s: %s', (rule, secret) => {
  const BEFORE = 'The key is ';
  const text = `${BEFORE}${secret} and that was it.`;

  test('every rule is broken by the whole text in one frame', () => {
    expect(run([text])).toEqual({
      before: '',
      all: '',
      verdict: { action: 'block', rule, category: 'LLM02' },
    });
  });

  test('cut in two at any position: nothing of it gets out', () => {
    for (const cut of cutsOf(text)) {
      const { all, verdict } = run(cut);
      expect(verdict, cut[0]).toEqual({ action: 'block', rule, category: 'LLM02' });
      expect(BEFORE.startsWith(all), cut[0]).toBe(true);
    }
  });

  test('character by character: nothing of it gets out, and all before it does', () => {
    expect(run(lettersOf(text))).toMatchObject({ all: BEFORE, verdict: { rule } });
  });

  test('cut anywhere, any number of times: nothing of it gets out', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (positions) => {
        const { all, verdict } = run(cutAt(text, positions));
        expect(verdict).toMatchObject({ action: 'block', rule });
        expect(BEFORE.startsWith(all)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('several frames in one read: nothing of it gets out', () => {
    for (const cut of cutsOf(text)) {
      const guard = createOutputGuard(MARKER);
      expect(guard.push(cut.map((part) => textFrame(part)))).toEqual([]);
      expect(guard.verdict).toMatchObject({ rule });
    }
  });

  test('at the very beginning, at the very end, and twice', () => {
    for (const place of [secret, `${secret} `, ` ${secret}`, `${secret} ${secret}`]) {
      expect(run(lettersOf(place))).toMatchObject({ verdict: { rule } });
      expect(run(lettersOf(place)).all.trim()).toBe('');
    }
  });

  test('after a text of any length', () => {
    for (let length = 100; length < 160; length += 1) {
      const story = 'x y '.repeat(50).slice(0, length).concat(' ');
      expect(run(lettersOf(story + secret))).toMatchObject({ all: story, verdict: { rule } });
    }
  });

  test('beginning again in the middle of itself', () => {
    for (let length = 1; length < secret.length; length += 1) {
      const broken = `${secret.slice(0, length)} ${secret}`;
      expect(run(lettersOf(broken)).verdict, broken).toMatchObject({ rule });
    }
  });

  test.each(['reasoning0', 'refusal0', 'tool0.0', 'toolname0.0', 'content7'])(
    'in the channel %s',
    (channel) => {
      const guard = createOutputGuard(MARKER);
      const released = lettersOf(text).flatMap((letter) => guard.push([textFrame(letter, channel)]));
      expect(guard.verdict).toMatchObject({ rule });
      expect(textOf(released, channel)).toBe(BEFORE);
    },
  );

  test('every proper beginning of it is held back whole, and let go when nothing more comes', () => {
    for (let length = 1; length < secret.length; length += 1) {
      const start = secret.slice(0, length);
      const { before, all, verdict } = run(lettersOf(`${BEFORE}${start}`));
      expect(before, start).toBe(BEFORE);
      expect(all).toBe(BEFORE + start);
      expect(verdict).toEqual({ action: 'allow' });
    }
  });
});

test('there is a secret here for every rule', () => {
  const rules = [...LEAK_RULES.map(({ id }) => id), MARKER_RULE_ID];
  expect(new Set(SECRETS.map(([rule]) => rule))).toEqual(new Set(rules));
});

describe('texts near to a secret', () => {
  test.each([
    ['too short', 'AKIA0123456789ABCDE '],
    ['in lower case', 'akiaiosfodnn7example'],
    ['part of a longer word', 'XAKIAIOSFODNN7EXAMPLE'],
    ['a gateway key without its end', `gg_AbCdEfGh12_${'x'.repeat(31)} `],
    ['a name that ends like one', `egg_AbCdEfGh12_${'x'.repeat(32)} and more`],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
    ['a public key', '-----BEGIN PUBLIC KEY-----'],
    ['a table', '| a | b |\n|-----|-----|\n| 1 | 2 |'],
    ['a rule', '\n----------\n'],
    ['half a marker', `${MARKER.slice(0, 15)}!`],
    ['another marker', MARKER.toUpperCase()],
  ])('%s gets through, however it is cut', (_name, text) => {
    for (const cut of cutsOf(text))
      expect(run(cut)).toMatchObject({ all: text, verdict: { action: 'allow' } });
    expect(run(lettersOf(text))).toMatchObject({ all: text, verdict: { action: 'allow' } });
  });

  test.each(['XAKIAIOSFODNN7EXAMPLE', `egg_AbCdEfGh12_${'x'.repeat(32)}`])(
    'a word that only contains one (%s) gets through in the middle of a long text, too',
    (word) => {
      const text = `${'a b '.repeat(60)}${word}${' c d'.repeat(60)}`;
      expect(run(lettersOf(text))).toMatchObject({ all: text, verdict: { action: 'allow' } });
      for (const size of [2, 3, 7, 64, 127, 128, 129])
        expect(run(text.match(new RegExp(`.{1,${size}}`, 'g')) ?? [])).toMatchObject({ all: text });
    },
  );

  test('without a marker none is looked for', () => {
    expect(run(lettersOf(`a ${MARKER} b`), createOutputGuard(undefined))).toMatchObject({
      before: `a ${MARKER} b`,
      verdict: { action: 'allow' },
    });
  });
});

describe('any text without a secret', () => {
  /** Made of what secrets are made of, so that there is much to hold back. */
  const piece = fc.constantFrom(
    '-',
    '-----',
    'BEGIN ',
    'PRIVATE',
    ' KEY',
    'AKIA',
    'A',
    'g',
    'gg_',
    '_',
    '0f1e',
    ' ',
    '7',
    'é',
    '水',
  );
  const texts = fc
    .array(piece, { maxLength: 60 })
    .map((pieces) => pieces.join(''))
    .filter((text) => !text.includes(MARKER) && !LEAK_RULES.some(({ whole }) => whole.test(text)));

  test('gets out whole and in order, however it is cut', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 20 }), (text, positions) => {
        const { all, verdict } = run(cutAt(text, positions));
        expect(all).toBe(text);
        expect(verdict).toEqual({ action: 'allow' });
      }),
      { numRuns: 400 },
    );
  });

  test('is never held back by more than a few characters', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const guard = createOutputGuard(MARKER);
        let released = 0;
        for (const [index, letter] of lettersOf(text).entries()) {
          released += guard.push([textFrame(letter)]).length;
          expect(index + 1 - released).toBeLessThanOrEqual(LONGEST_HOLD);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is not held back at all when it could not become one', () => {
    expect(run(lettersOf('the tomatoes are watered twice a day.')).before).toBe(
      'the tomatoes are watered twice a day.',
    );
  });

  test('in one read of many frames is held back no more than in many reads', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const single = run(lettersOf(text));
        const guard = createOutputGuard(MARKER);
        const released = guard.push(lettersOf(text).map((letter) => textFrame(letter)));
        expect(textOf(released)).toBe(single.before);
      }),
      { numRuns: 200 },
    );
  });

  test('may be as long as it likes', () => {
    const text = 'AKIA gg_ ----- '.repeat(5000);
    const startedAt = performance.now();
    expect(run(text.match(/.{1,5}/g) ?? []).all).toBe(text);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('of a megabyte in one frame is judged in bounded time', () => {
    for (const part of ['A', 'AKIA', 'gg_', '-----BEGIN ', '-', 'g']) {
      const startedAt = performance.now();
      run([part.repeat((1 << 20) / part.length), 'x']);
      expect(performance.now() - startedAt, part).toBeLessThan(5000);
    }
  });
});

describe('several channels', () => {
  test('an end held open in one does not delay another', () => {
    const guard = createOutputGuard(MARKER);
    expect(guard.push([textFrame('thinking A', 'reasoning0')])).toEqual([]);
    const story = lettersOf('this is the answer, and it is long').map((letter) => textFrame(letter));
    for (const letter of story) expect(guard.push([letter])).toEqual([letter]);
    expect(textOf(guard.end(), 'reasoning0')).toBe('thinking A');
  });

  test('a secret in one blocks them all', () => {
    const guard = createOutputGuard(MARKER);
    guard.push([textFrame('A', 'content1')]);
    expect(guard.push([textFrame(MARKER)])).toEqual([]);
    expect(guard.end()).toEqual([]);
    expect(guard.verdict.action).toBe('block');
  });

  test('the halves of a secret in two of them are none', () => {
    const guard = createOutputGuard(MARKER);
    guard.push([textFrame('AKIAIOSF', 'content0')]);
    guard.push([textFrame('ODNN7EXAMPLE', 'content1')]);
    expect(guard.verdict.action).toBe('allow');
  });

  test('a secret that comes in turns with another text is found in its own', () => {
    const guard = createOutputGuard(MARKER);
    const released: GenerationFrame[] = [];
    for (const letter of MARKER) {
      released.push(...guard.push([textFrame(letter), textFrame('-', 'content1')]));
    }
    expect(guard.verdict.action).toBe('block');
    expect(textOf(released)).toBe('');
  });

  test('a frame of several channels waits for the open one, and later text of all of them behind it', () => {
    const guard = createOutputGuard(MARKER);
    const both = frame({ channel: 'content0', text: 'A' }, { channel: 'content1', text: 'x' });
    const later = textFrame('y', 'content1');
    const other = textFrame('z', 'content2');
    expect(guard.push([both])).toEqual([]);
    expect(guard.push([later])).toEqual([]);
    expect(guard.push([other])).toEqual([other]);
    const next = textFrame('!');
    expect(guard.push([next])).toEqual([both, later, next]);
  });

  test('each gets out whole and in order, however they are mixed', () => {
    const channel = fc.constantFrom('content0', 'content1', 'reasoning0', 'tool0.0');
    const text = fc.constantFrom('A', 'AKI', 'g', 'gg', '-', '--', 'x', ' ', '0f');
    fc.assert(
      fc.property(fc.array(fc.tuple(channel, text), { maxLength: 60 }), (pieces) => {
        const guard = createOutputGuard(MARKER);
        const frames = pieces.map(([name, value]) => textFrame(value, name));
        const released = [...frames.flatMap((each) => guard.push([each])), ...guard.end()];
        expect(released).toHaveLength(frames.length);
        for (const name of ['content0', 'content1', 'reasoning0', 'tool0.0'])
          expect(textOf(released, name)).toBe(textOf(frames, name));
      }),
      { numRuns: 300 },
    );
  });
});

describe('frames without text', () => {
  const meta: GenerationFrame = { kind: 'meta', bytes: Buffer.from('role'), deltas: [] };
  const finish: GenerationFrame = {
    kind: 'delta',
    bytes: Buffer.from('end'),
    deltas: [],
    finishReason: 'stop',
  };
  const usage: GenerationFrame = { kind: 'usage', bytes: Buffer.from('usage'), deltas: [] };
  const done: GenerationFrame = { kind: 'done', bytes: Buffer.from('done'), deltas: [] };

  test('go through when nothing is held', () => {
    const guard = createOutputGuard(MARKER);
    expect(guard.push([meta, finish, usage, done])).toEqual([meta, finish, usage, done]);
  });

  test('that end something do not overtake what is held', () => {
    const guard = createOutputGuard(MARKER);
    const held = textFrame('A');
    expect(guard.push([held, finish])).toEqual([]);
    expect(guard.push([usage])).toEqual([]);
    expect(guard.push([done])).toEqual([]);
    expect(guard.end()).toEqual([held, finish, usage, done]);
  });

  test('that begin something may', () => {
    const guard = createOutputGuard(MARKER);
    guard.push([textFrame('A')]);
    expect(guard.push([meta])).toEqual([meta]);
  });
});

describe('after its end', () => {
  test('a blocked answer gives nothing more', () => {
    const guard = createOutputGuard(MARKER);
    guard.push([textFrame(MARKER)]);
    expect(guard.push([textFrame('more')])).toEqual([]);
    expect(guard.end()).toEqual([]);
    expect(guard.verdict).toMatchObject({ action: 'block', rule: MARKER_RULE_ID });
  });

  test('an answer in one piece is judged as one', () => {
    const whole: GenerationFrame = { ...textFrame(`It is ${MARKER}.`), kind: 'whole' };
    const guard = createOutputGuard(MARKER);
    expect(guard.push([whole])).toEqual([]);
    expect(guard.verdict.action).toBe('block');
  });

  test('the end may be asked for twice', () => {
    const guard = createOutputGuard(MARKER);
    guard.push([textFrame('A')]);
    expect(guard.end()).toHaveLength(1);
    expect(guard.end()).toEqual([]);
  });
});

describe('what vLLM streamed goes out as it came', () => {
  function relay(name: string) {
    const guard = createOutputGuard(MARKER);
    const sent = recordedChunks(name).map((chunk) => readStreamFrame(Buffer.from(chunk)));
    const released = [...sent.flatMap((each) => guard.push([each])), ...guard.end()];
    expect(guard.verdict).toEqual({ action: 'allow' });
    return { sent, released };
  }

  test.each([
    'chat-stream',
    'chat-stream-chinese',
    'chat-stream-length',
    'chat-stream-logprobs',
    'chat-stream-usage',
    'chat-tool-stream',
  ])('%s', (name) => {
    const { sent, released } = relay(name);
    expect(released).toEqual(sent);
  });

  test('of two choices one may overtake the other, and nothing else', () => {
    const { sent, released } = relay('chat-stream-n2');
    expect(new Set(released)).toEqual(new Set(sent));
    const of = (frames: readonly GenerationFrame[], channel: string) =>
      frames.filter(({ deltas }) => deltas.some((delta) => delta.channel === channel));
    for (const channel of ['content0', 'content1']) expect(of(released, channel)).toEqual(of(sent, channel));
    expect(released.slice(-2)).toEqual(sent.slice(-2));
  });
});
