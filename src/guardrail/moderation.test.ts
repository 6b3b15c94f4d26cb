import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  failing,
  flagged,
  says,
  silent,
  startFakeModeration,
  type FakeModeration,
  type ModerationReply,
} from '../../test/support/fake-moderation.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { Secret } from '../config/secret.ts';
import { createModerationClient, type ModerationOptions } from './moderation.ts';

let service: FakeModeration;
beforeEach(async () => {
  service = await startFakeModeration();
});
afterEach(() => service.close());

function client(options: Partial<ModerationOptions> = {}) {
  return createModerationClient({
    url: service.url,
    api: 'moderations',
    model: undefined,
    apiKey: undefined,
    timeoutMs: 5000,
    ...options,
  });
}

const call = () => ({ signal: new AbortController().signal });

describe('a question to /v1/moderations', () => {
  test.each([
    [false, 'allow'],
    [true, 'block'],
  ] as const)('flagged %s: %s', async (isFlagged, outcome) => {
    service.reply(flagged(isFlagged));
    expect(await client().ask('When?', call())).toBe(outcome);
    expect(service.requests).toMatchObject([{ path: '/v1/moderations', body: { input: 'When?' } }]);
  });

  test('names model and key, and carries the context of the trace', async () => {
    const asking = client({ model: 'guard-22m', apiKey: new Secret('a-key') });
    await asking.ask('When?', { ...call(), headers: { traceparent: '00-1-2-01' } });
    expect(service.requests[0]).toMatchObject({
      headers: { authorization: 'Bearer a-key', traceparent: '00-1-2-01' },
      body: { model: 'guard-22m', input: 'When?' },
    });
  });

  test('has the head and the tail of a very long text', async () => {
    await client().ask(`${'a'.repeat(50_000)}END`, call());
    const input = String(service.requests[0]?.body['input']);
    expect(input).toHaveLength(24_576 + 1 + 8192);
    expect(input.endsWith('END')).toBe(true);
  });
});

describe('a question to a chat model', () => {
  test.each([
    ['safe', 'allow'],
    ['\n\nunsafe\nS1', 'block'],
    ['Unsafe', 'block'],
    ['I would say safe', 'failed'],
    ['safely said', 'failed'],
    ['', 'failed'],
  ])('that says %j: %s', async (content, outcome) => {
    service.reply(says(content));
    expect(await client({ api: 'chat', model: 'llama-guard' }).ask('When?', call())).toBe(outcome);
    expect(service.requests).toMatchObject([
      {
        path: '/v1/chat/completions',
        body: { model: 'llama-guard', messages: [{ role: 'user', content: 'When?' }], temperature: 0 },
      },
    ]);
  });
});

describe('no verdict', () => {
  const NO_VERDICTS: [string, ModerationReply][] = [
    ['a status', failing(500)],
    ['a refusal', failing(401)],
    ['no JSON', (response) => void response.end('<html>')],
    ['another shape', (response) => void response.end('{"results":[]}')],
    ['a word for a flag', (response) => void response.end('{"results":[{"flagged":"no"}]}')],
    ['a redirect', (response) => void response.writeHead(307, { location: '/elsewhere' }).end()],
    ['a reply without end', (response) => void response.end(`{"results":[${' '.repeat(70_000)}`)],
    ['a broken connection', (response) => void response.destroy()],
  ];
  test.each(NO_VERDICTS)('is what %s gives', async (_name, reply) => {
    service.reply(reply);
    expect(await client().ask('When?', call())).toBe('failed');
  });

  test('is there in time: the limit holds for headers and body', async () => {
    service.reply(silent);
    expect(await client({ timeoutMs: 20 }).ask('When?', call())).toBe('timeout');
    service.reply((response) => void response.write('{"results":'));
    expect(await client({ timeoutMs: 20 }).ask('When?', call())).toBe('timeout');
  });

  test('is wanted by a caller who left', async () => {
    service.reply(silent);
    const caller = new AbortController();
    const asked = client().ask('When?', { signal: caller.signal });
    await waitUntil('the service is asked', () => service.requests.length === 1);
    caller.abort();
    expect(await asked).toBe('aborted');
  });
});

describe('the breaker', () => {
  test('opens after five failures in a row, tries one question, and closes', async () => {
    const events: string[] = [];
    const asking = client({
      restMs: 30,
      onBreak: () => events.push('break'),
      onReset: () => events.push('reset'),
    });
    service.reply(failing(503));
    for (let count = 0; count < 5; count += 1) expect(await asking.ask('When?', call())).toBe('failed');
    expect(await asking.ask('When?', call())).toBe('open');
    expect(service.requests).toHaveLength(5);
    expect(events).toEqual(['break']);
    service.reply(flagged(false));
    let outcome = 'open';
    await waitUntil('the service is tried again', async () => {
      outcome = await asking.ask('When?', call());
      return outcome !== 'open';
    });
    expect(outcome).toBe('allow');
    expect(events).toEqual(['break', 'reset']);
    expect(await asking.ask('When?', call())).toBe('allow');
  });

  test('lets only one question try, and stays open when that fails', async () => {
    const asking = client({ restMs: 1, timeoutMs: 5000 });
    service.reply(failing(503));
    for (let count = 0; count < 5; count += 1) await asking.ask('When?', call());
    let release: (() => void) | undefined;
    service.reply((response) => {
      release = () => failing(503)(response);
    });
    const outcomes: Promise<string>[] = [];
    await waitUntil('one question is on its way', () => {
      outcomes.push(asking.ask('When?', call()));
      return release !== undefined;
    });
    outcomes.push(asking.ask('When?', call()));
    release?.();
    const seen = await Promise.all(outcomes);
    expect(seen.filter((outcome) => outcome !== 'open')).toEqual(['failed']);
    expect(seen.at(-1)).toBe('open');
    expect(service.requests).toHaveLength(6);
  });

  test('does not count callers who leave', async () => {
    const asking = client();
    const left = AbortSignal.abort();
    for (let count = 0; count < 8; count += 1)
      expect(await asking.ask('When?', { signal: left })).toBe('aborted');
    expect(await asking.ask('When?', call())).toBe('allow');
  });

  test('does not open for failures with successes in between', async () => {
    const asking = client();
    for (let count = 0; count < 4; count += 1) {
      service.reply(failing(503));
      for (let failure = 0; failure < 4; failure += 1) await asking.ask('When?', call());
      service.reply(flagged(false));
      expect(await asking.ask('When?', call())).toBe('allow');
    }
  });
});
