import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recordedChunks } from '../../test/support/recorded-replies.ts';
import type { GenerationFrame, TextDelta } from '../domain/generation.ts';
import { readStreamFrame } from '../generation/read-frame.ts';
import { INSTRUCTIONS } from '../prompt/template.ts';
import { createOutputPolicy, DEFAULT_OUTPUT_POLICY, OUTPUT_KINDS } from './output/output-policy.ts';
import { createOutputGuard, type OutputGuard } from './output-guard.ts';
import { INSTRUCTIONS_RULE_ID, LINK_RULE_ID, MARKER_RULE_ID, OUTPUT_RULE_IDS } from './rules.ts';

const MARKER = '0f1e2d3c4b5a6978';
const HIDDEN = { codes: [MARKER, 'c0ffee123456'], instructions: INSTRUCTIONS };
const POLICY = createOutputPolicy({
  kinds: OUTPUT_KINDS,
  linkHosts: ['docs.example.com', '.trusted.example'],
});
/** No more than this of an answer that leaks nothing ever waits. */
const LONGEST_HOLD = 60;
const LONG = 'aB3'.repeat(30);

/** What stands in an answer, and what the caller gets of it. */
const CHANGED: readonly (readonly [rule: string, said: string, shown: string])[] = [
  ['redact-api-key', 'AKIAIOSFODNN7EXAMPLE', '[redacted:api-key]'],
  ['redact-api-key', 'ASIAAAAAAAAAAAAAAAAA', '[redacted:api-key]'],
  ['redact-api-key', `LTAI${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `AKID${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `AIza${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `sk-proj-${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `sk_live_${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `hf_${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `npm_${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `ghp_${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `github_pat_${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', `glpat-${LONG}`, '[redacted:api-key]'],
  ['redact-api-key', 'xoxb-123456789012-abcdef', '[redacted:api-key]'],
  ['redact-gateway-key', `gg_AbCdEfGh12_${'x'.repeat(32)}`, '[redacted:gateway-key]'],
  ['redact-gateway-key', `gg_gg0gg0gg0g_${'gg_-'.repeat(8)}`, '[redacted:gateway-key]'],
  ['redact-token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_123', '[redacted:token]'],
  ['redact-token', 'eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiIxIn0.abc', '[redacted:token]'],
  ['redact-token', 'eyJraWQiOiIxIiwiYWxnIjoiUlMyNTYifQ.e30.abc', '[redacted:token]'],
  ['redact-token', `Bearer ${LONG}`, '[redacted:token]'],
  [
    'redact-private-key',
    '-----BEGIN PRIVATE KEY-----\nMIIEvQ+/=\nab12\n-----END PRIVATE KEY-----',
    '[redacted:private-key]',
  ],
  [
    'redact-private-key',
    `-----BEGIN OPENSSH PRIVATE KEY-----\\n${LONG}\\n-----END OPENSSH PRIVATE KEY-----`,
    '[redacted:private-key]',
  ],
  ['redact-cn-id', '11010519491231002X', '[redacted:id-number]'],
  ['redact-cn-id', '４４０５２４１８８００１０１００１４', '[redacted:id-number]'],
  ['redact-cn-mobile', '13812345678', '[redacted:mobile]'],
  ['redact-cn-mobile', '199-1234-5678', '[redacted:mobile]'],
  ['redact-cn-mobile', '+8613812345678', '+[redacted:mobile]'],
  ['redact-cn-mobile', '86 138 1234 5678', '[redacted:mobile]'],
  ['redact-bank-card', '4111 1111 1111 1111', '[redacted:bank-card]'],
  ['redact-bank-card', '6222021234567890128', '[redacted:bank-card]'],
  ['redact-bank-card', '378282246310005', '[redacted:bank-card]'],
  [LINK_RULE_ID, '![x](https://evil.example/p?d=1)', '![x] (https[:]//evil[.]example/p?d=1)'],
  [LINK_RULE_ID, '[x](http://evil.example)', '[x] (http[:]//evil[.]example)'],
  [LINK_RULE_ID, '[x](//evil.example/p)', '[x] (//evil.example/p)'],
  [LINK_RULE_ID, '[x]( <https://evil.example>)', '[x] ( <https[:]//evil[.]example>)'],
  [LINK_RULE_ID, '[x](https&colon;//evil.example)', '[x] (https&colon;//evil.example)'],
  [LINK_RULE_ID, '[x](/\\evil.example)', '[x] (/\\evil.example)'],
  [LINK_RULE_ID, '[x](https:/evil.example)', '[x] (https:/evil.example)'],
  [LINK_RULE_ID, '[x](javascript:alert(1))', '[x] (javascript:alert(1))'],
  [LINK_RULE_ID, '[1]: HTTPS://evil.example/p', '[1] : HTTPS[:]//evil[.]example/p'],
  [LINK_RULE_ID, '<https://evil.example>', '<https[:]//evil[.]example>'],
  [LINK_RULE_ID, 'https://evil.example/p', 'https[:]//evil[.]example/p'],
  [LINK_RULE_ID, 'ftp://evil.example', 'ftp[:]//evil[.]example'],
  [LINK_RULE_ID, 'www.evil.example', 'www[.]evil[.]example'],
  [LINK_RULE_ID, '<img src="//evil.example/p">', '<img src[=]"//evil.example/p">'],
  [LINK_RULE_ID, '<a href=//evil.example>x</a>', '<a href[=]//evil.example>x</a>'],
  [LINK_RULE_ID, '<a href="ht\ntps://evil.example">x</a>', '<a href[=]"ht\ntps://evil.example">x</a>'],
  [LINK_RULE_ID, 'url(//evil.example)', 'url[(]//evil.example)'],
  [LINK_RULE_ID, 'https://docs.example.com@evil.example/', 'https[:]//docs[.]example[.]com@evil.example/'],
  [LINK_RULE_ID, 'https://docs.example.com,.evil.example/', 'https[:]//docs[.]example[.]com,.evil.example/'],
  [
    LINK_RULE_ID,
    'https://docs.example.com.evil.example/',
    'https[:]//docs[.]example[.]com[.]evil[.]example/',
  ],
];

/** What ends an answer. */
const BLOCKED: readonly (readonly [rule: string, said: string])[] = [
  [MARKER_RULE_ID, MARKER],
  [MARKER_RULE_ID, 'C0FF EE12 3456'],
  [MARKER_RULE_ID, Array.from(MARKER).join('\u200b, ')],
  [INSTRUCTIONS_RULE_ID, INSTRUCTIONS.slice(10, 80)],
  [INSTRUCTIONS_RULE_ID, INSTRUCTIONS.slice(100, 170).toUpperCase().replaceAll(' ', '\n> ')],
];

/** What may stay as it is. */
const KEPT: readonly (readonly [what: string, said: string])[] = [
  ['a key that is too short', 'AKIA0123456789ABCDE '],
  ['a key in lower case', 'akiaiosfodnn7example'],
  ['a part of a longer word', 'XAKIAIOSFODNN7EXAMPLE'],
  ['a name that ends like a key', `egg_AbCdEfGh12_${'x'.repeat(32)} and more`],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
  ['a public key', '-----BEGIN PUBLIC KEY-----'],
  ['a table', '| a | b |\n|-----|-----|\n| 1 | 2 |'],
  ['half a marker', `${MARKER.slice(0, 15)}!`],
  ['an identity number with a wrong check digit', '110105194912310021'],
  ['one of a month that is none', '11010519491331002X'],
  ['a card number that does not add up', '4111 1111 1111 1112'],
  ['a time in nanoseconds', '1763930000000000000'],
  ['a landline', '010-12345678'],
  ['a number in a word', 'id13812345678x'],
  ['citations', 'It says so [1], [2, 3]: twice (see [4]).'],
  ['a link inside the handbook', '[stages](docs/en/stages.md#top) [up](../x.md) [top](#top) [文档](指南.md)'],
  [
    'a link to a host on the list',
    'See [docs](https://docs.example.com/a?b=c) and https://a.trusted.example.',
  ],
  ['an address of this machine', 'curl http://127.0.0.1:8080/v1/models and http://localhost:3000/'],
  ['a definition inside the handbook', '[s]: docs/en/stages.md'],
  ['a page of its own', '<img src="chart.png"> <a href=\'#top\'>top</a> url(chart.png)'],
  ['words about addresses', 'Use https: not http: and the src attribute = value.'],
  ['a few words of the instructions', 'The answer to the question of the user is in the passages.'],
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

function open(): OutputGuard {
  return createOutputGuard(HIDDEN, POLICY);
}

/** Pushes one text after the other, each a frame and a read of its own; what came out before the end, and at the end. */
function run(texts: readonly string[], guard: OutputGuard = open(), channel = 'content0') {
  const before: GenerationFrame[] = [];
  let pushed = 0;
  let longestHold = 0;
  for (const text of texts) {
    before.push(...guard.push([textFrame(text, channel)]));
    pushed += text.length;
    const gone = before.reduce((sum, { bytes }) => sum + Buffer.from(bytes).toString().length, 0);
    longestHold = Math.max(longestHold, pushed - gone);
  }
  const all = [...before, ...guard.end()];
  const { verdict } = guard;
  return { before: textOf(before, channel), all: textOf(all, channel), verdict, longestHold };
}

/** One character each, by UTF-16 unit: the hardest way a text can come. */
function unitsOf(text: string): string[] {
  return text.split('');
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

describe.each(CHANGED)('%s: %s', (rule, said, shown) => {
  const category = rule === LINK_RULE_ID ? 'LLM01' : 'LLM02';
  const expected = { all: `He said 水👍 ${shown} . So.`, verdict: { action: 'flag', rule, category } };
  const text = `He said 水👍 ${said} . So.`;

  test('is replaced when it comes whole', () => {
    expect(run([text])).toMatchObject(expected);
  });

  test('cut in two at any position, it is replaced all the same', () => {
    for (const cut of cutsOf(text)) expect(run(cut), cut[0]).toMatchObject(expected);
  });

  test('unit by unit, with no more than a few characters waiting', () => {
    const { longestHold, ...told } = run(unitsOf(text));
    expect(told).toMatchObject(expected);
    // What is dropped has not gone out, so the hold is read from a text that only begins so.
    expect(longestHold).toBeLessThanOrEqual(LONGEST_HOLD);
  });

  test('cut anywhere, any number of times', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (positions) => {
        expect(run(cutAt(text, positions))).toMatchObject(expected);
      }),
      { numRuns: 40 },
    );
  });

  test('several frames in one read, at the very beginning and at the very end', () => {
    for (const place of [said, ` ${said}`, `${said} `]) {
      const whole = run([place]);
      for (const cut of cutsOf(place)) {
        const guard = open();
        const frames = [...guard.push(cut.map((part) => textFrame(part))), ...guard.end()];
        expect(textOf(frames), cut[0]).toBe(whole.all);
        expect(run(cut).all, cut[0]).toBe(whole.all);
      }
    }
  });

  test('every beginning of it, cut anywhere, is treated as if it had come whole', () => {
    for (let length = 1; length < said.length; length += 1) {
      const start = `x ${said.slice(0, length)}`;
      const { all, verdict } = run([start]);
      expect(run(unitsOf(start)), start).toMatchObject({ all, verdict });
    }
  });

  test('beginning again in the middle of itself is treated as if it had come whole', () => {
    for (let length = 1; length < said.length; length += 3) {
      const broken = `${said.slice(0, length)} ${said}`;
      const { all, verdict } = run([broken]);
      expect(verdict.action).toBe('flag');
      expect(run(unitsOf(broken)), broken).toMatchObject({ all, verdict });
    }
  });
});

describe.each(BLOCKED)('%s: %s', (rule, said) => {
  const text = `The code 水👍 is: ${said} and that was it.`;

  test('ends the answer when it comes whole', () => {
    expect(run([text])).toMatchObject({ all: '', verdict: { action: 'block', rule } });
  });

  test('cut in two at any position, and unit by unit', () => {
    for (const cut of [...cutsOf(text), unitsOf(text)]) {
      const { all, verdict } = run(cut);
      expect(verdict, cut[0]).toMatchObject({ action: 'block', rule });
      expect(all).not.toContain(said);
    }
  });

  test('gives away no more than its beginning', () => {
    const { all } = run(unitsOf(text));
    const shown = all.slice('The code 水👍 is: '.length).replace(/[^0-9a-z]/gi, '');
    expect(shown.length).toBeLessThanOrEqual(rule === MARKER_RULE_ID ? 2 : 19);
  });

  test.each(['reasoning0', 'refusal0', 'tool0.0', 'toolname0.0', 'content7'])(
    'in the channel %s',
    (channel) => {
      expect(run(unitsOf(text), open(), channel).verdict).toMatchObject({ action: 'block', rule });
    },
  );
});

describe.each(KEPT)('%s', (_what, said) => {
  const told = { all: said, verdict: { action: 'allow' } };

  test('gets through, however it is cut', () => {
    for (const cut of [...cutsOf(said), unitsOf(said)]) expect(run(cut), cut[0]).toMatchObject(told);
  });

  test('gets through in the middle of a long text', () => {
    const text = `${'a b '.repeat(60)}${said}${' c d'.repeat(60)}`;
    for (const size of [2, 3, 7, 64, 127, 128, 129])
      expect(run(text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [])).toMatchObject({ all: text });
  });
});

test('there is an example here for every rule', () => {
  const shown = [...CHANGED, ...BLOCKED].map(([rule]) => rule);
  expect(new Set(shown)).toEqual(new Set(OUTPUT_RULE_IDS));
});

test.each([
  ['见“http://127.0.0.1:8080”这一行', '见“http://127.0.0.1:8080 ”这一行'],
  ['默认 `http://127.0.0.1:8080`）下', '默认 `http://127.0.0.1:8080 `）下'],
  ['https://docs.example.com。evil.example', 'https://docs.example.com 。evil.example'],
  ['https://docs.example.com上@evil.example/', 'https://docs.example.com 上@evil.example/'],
])('an address on the list is set apart from Chinese text behind it: %s', (said, shown) => {
  for (const cut of [...cutsOf(said), unitsOf(said)])
    expect(run(cut)).toMatchObject({ all: shown, verdict: { action: 'allow' } });
});

describe('what a tool is called with', () => {
  test.each(CHANGED.filter(([rule]) => rule.startsWith('redact') && !/cn|card/.test(rule)))(
    'is not changed but stopped: %s %s',
    (rule, said) => {
      const told = run(unitsOf(`{"key":"${said}"}`), open(), 'tool0.0');
      expect(told.verdict).toEqual({ action: 'block', rule, category: 'LLM02' });
      expect(told.all).not.toContain(said);
    },
  );

  test('may hold an address or a number of a person: the tool may be made for it', () => {
    const call = '{"url":"https://evil.example/","to":"13812345678"}';
    expect(run(unitsOf(call), open(), 'tool0.0')).toMatchObject({ all: call, verdict: { action: 'allow' } });
  });
});

describe('kinds that are switched off', () => {
  const all = 'AKIAIOSFODNN7EXAMPLE 13812345678 https://evil.example/ !';
  test.each([
    [['secrets'], '[redacted:api-key] 13812345678 https://evil.example/ !'],
    [['pii'], 'AKIAIOSFODNN7EXAMPLE [redacted:mobile] https://evil.example/ !'],
    [['links'], 'AKIAIOSFODNN7EXAMPLE 13812345678 https[:]//evil[.]example/ !'],
    [[], all],
  ] as const)('%j', (kinds, shown) => {
    const policy = createOutputPolicy({ kinds, linkHosts: [] });
    expect(run(unitsOf(all), createOutputGuard(HIDDEN, policy)).all).toBe(shown);
  });

  test('the prompt is guarded all the same', () => {
    const policy = createOutputPolicy({ kinds: [], linkHosts: [] });
    expect(run(unitsOf(MARKER), createOutputGuard(HIDDEN, policy)).verdict.action).toBe('block');
  });

  test('without a prompt of ours nothing of it is looked for', () => {
    const text = `a ${MARKER} b ${INSTRUCTIONS}`;
    expect(run([text], createOutputGuard(undefined))).toMatchObject({ all: text, before: text });
  });
});

describe('a tail of any length', () => {
  test('goes with its secret, and nothing of it waits', () => {
    const said = `a sk-${'Ab1'.repeat(4000)} b`;
    expect(run(said.match(/.{1,7}/g) ?? []).all).toBe('a [redacted:api-key] b');
  });

  test('ends at its limit: a block that is never closed does not swallow the answer', () => {
    const text = `-----BEGIN PRIVATE KEY-----${'A'.repeat(20_000)}`;
    const { all } = run(text.match(/.{1,50}/g) ?? []);
    expect(all).toBe(`[redacted:private-key]${'A'.repeat(20_000 - 16_384)}`);
    expect(run([text]).all).toBe(all);
  });

  test('of a block that is not closed ends where it is no key any more', () => {
    const text = '-----BEGIN PRIVATE KEY-----\nMIIE.\nThe rest.';
    expect(run(unitsOf(text)).all).toBe('[redacted:private-key].\nThe rest.');
  });
});

describe('any text', () => {
  /** Made of what is looked for, so that there is much to find and much that only begins so. */
  const PIECES = [
    '- ----- BEGIN PRIVATE KEY -----END AKIA A IOSFODNN7EXAMPLE g gg_ _ sk- abcdefghij Bearer eyJhbGciOi 0f1e 7 1 138',
    '1234 5678 4111 é 水 👍 ]( ]: [x ) http https : // / evil.example docs.example.com @ src = " < & \\ . 。 www ?',
  ].flatMap((row) => row.split(' '));
  const piece = fc.constantFrom(' ', '\n', ' KEY', ' PRIVATE', 'the question of the user ', ...PIECES);
  const texts = fc.array(piece, { maxLength: 50 }).map((pieces) => pieces.join(''));

  test('comes out the same however it is cut', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 20 }), (text, positions) => {
        const whole = run([text]);
        for (const cut of [cutAt(text, positions), unitsOf(text)]) {
          const { all, verdict } = run(cut);
          expect(verdict.action).toBe(whole.verdict.action);
          expect(verdict.action === 'block' ? '' : all).toBe(whole.all);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test('is never held back by more than a few characters', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { longestHold, verdict } = run(unitsOf(text));
        expect(verdict.action === 'allow' ? longestHold : 0).toBeLessThanOrEqual(LONGEST_HOLD);
      }),
      { numRuns: 500 },
    );
  });

  test('is safe when it is read again: nothing that goes out would be found in it', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { all, verdict } = run(unitsOf(text));
        expect(verdict.action === 'block' ? all : run([all]).all).toBe(all);
      }),
      { numRuns: 500 },
    );
  });

  test('of a megabyte is judged in bounded time', () => {
    for (const part of [
      'A',
      'AKIA',
      'gg_',
      '-----BEGIN ',
      '-',
      '4111 ',
      '](',
      'http://',
      'the question of ',
    ]) {
      const startedAt = performance.now();
      run([part.repeat((1 << 20) / part.length), 'x']);
      expect(performance.now() - startedAt, part).toBeLessThan(5000);
    }
  }, 30_000);
});

describe('ordinary text', () => {
  const PROSE = [
    'The tomatoes in the long greenhouse are watered twice a day, in the morning and in the evening.',
    'Open the page and look at the stages; the slowest one comes first.',
    '长温室里的番茄每天浇两次水，早上一次，傍晚一次。',
  ];

  test.each(PROSE)('does not wait at all, in words and signs as a model gives them: %s', (text) => {
    const told = run(text.match(/\s?[A-Za-z]+|\s?[^A-Za-z]/gu) ?? [], createOutputGuard(HIDDEN));
    expect(told).toMatchObject({ before: text, longestHold: 0 });
  });

  test.each([
    ['a citation', 'It is watered twice [1].', 4],
    ['numbers', 'At 6:30 for 12 minutes in 2026, 138 litres.', 6],
    ['a link', 'See [the page](docs/en/stages.md) for it.', 8],
    ['an allowed address', 'See https://docs.example.com/a for it.', 21],
  ])('with %s waits for a few characters', (_name, text, most) => {
    const { all, longestHold } = run(unitsOf(text));
    expect(all).toBe(text);
    expect(longestHold).toBeLessThanOrEqual(most);
  });

  test('no finder needs more than the limit to decide', () => {
    const { text } = DEFAULT_OUTPUT_POLICY;
    for (const { rule, longest } of text.finders) expect(longest, rule).toBeLessThanOrEqual(70);
  });
});

describe('several channels', () => {
  test('an end held open in one does not delay another', () => {
    const guard = createOutputGuard(HIDDEN);
    expect(guard.push([textFrame('thinking A', 'reasoning0')])).toEqual([]);
    const story = unitsOf('this is the answer, and it is long').map((letter) => textFrame(letter));
    for (const letter of story) expect(guard.push([letter])).toEqual([letter]);
    expect(textOf(guard.end(), 'reasoning0')).toBe('thinking A');
  });

  test('a secret in one blocks them all', () => {
    const guard = createOutputGuard(HIDDEN);
    guard.push([textFrame('A', 'content1')]);
    expect(guard.push([textFrame(MARKER)])).toEqual([]);
    expect(guard.end()).toEqual([]);
    expect(guard.verdict.action).toBe('block');
  });

  test('the halves of a secret in two of them are none', () => {
    const guard = createOutputGuard(HIDDEN);
    guard.push([textFrame('AKIAIOSF', 'content0')]);
    guard.push([textFrame('ODNN7EXAMPLE', 'content1')]);
    expect(guard.verdict.action).toBe('allow');
  });

  test('a secret that comes in turns with another text is found in its own', () => {
    const guard = createOutputGuard(HIDDEN);
    const released: GenerationFrame[] = [];
    for (const letter of MARKER) {
      released.push(...guard.push([textFrame(letter), textFrame('-', 'content1')]));
    }
    expect(guard.verdict.action).toBe('block');
    expect(textOf(released)).toBe(MARKER.slice(0, 2));
  });

  test('a frame of several channels waits for the open one, and later text of all of them behind it', () => {
    const guard = createOutputGuard(HIDDEN);
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
        const guard = createOutputGuard(HIDDEN);
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
    const guard = createOutputGuard(HIDDEN);
    expect(guard.push([meta, finish, usage, done])).toEqual([meta, finish, usage, done]);
  });

  test('that end something do not overtake what is held', () => {
    const guard = createOutputGuard(HIDDEN);
    const held = textFrame('A');
    expect(guard.push([held, finish])).toEqual([]);
    expect(guard.push([usage])).toEqual([]);
    expect(guard.push([done])).toEqual([]);
    expect(guard.end()).toEqual([held, finish, usage, done]);
  });

  test('that begin something may', () => {
    const guard = createOutputGuard(HIDDEN);
    guard.push([textFrame('A')]);
    expect(guard.push([meta])).toEqual([meta]);
  });
});

describe('after its end', () => {
  test('a blocked answer gives nothing more', () => {
    const guard = createOutputGuard(HIDDEN);
    guard.push([textFrame(MARKER)]);
    expect(guard.push([textFrame('more')])).toEqual([]);
    expect(guard.end()).toEqual([]);
    expect(guard.verdict).toMatchObject({ action: 'block', rule: MARKER_RULE_ID });
  });

  test('an answer in one piece is judged as one', () => {
    const whole: GenerationFrame = { ...textFrame(`It is ${MARKER}.`), kind: 'whole' };
    const guard = createOutputGuard(HIDDEN);
    expect(guard.push([whole])).toEqual([]);
    expect(guard.verdict.action).toBe('block');
  });

  test('the end may be asked for twice', () => {
    const guard = createOutputGuard(HIDDEN);
    guard.push([textFrame('A')]);
    expect(guard.end()).toHaveLength(1);
    expect(guard.end()).toEqual([]);
  });
});

describe('what vLLM streamed goes out as it came', () => {
  function relay(name: string) {
    const guard = createOutputGuard(HIDDEN);
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
