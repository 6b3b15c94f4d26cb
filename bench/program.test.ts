import { afterEach, describe, expect, test } from 'vitest';
import { startProgram, type Program } from './program.ts';
import type { RequestsResult } from './programs/load-command.ts';
import { PROMPT_MODE } from './programs/upstream-mode.ts';

const started: Program[] = [];

async function start(name: string, ...words: string[]): Promise<Program> {
  const program = await startProgram(name, { place: 'around', arguments: words });
  started.push(program);
  return program;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((program) => program.stop()));
});

const FRAMES = PROMPT_MODE.deltas + 3;

async function ask(port: number, stream: boolean): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      messages: [],
      stream,
      ...(stream ? { stream_options: { include_usage: true } } : {}),
    }),
  });
  return response.text();
}

describe('the fake upstream', () => {
  test('lists its model and answers in the shape of vLLM', async () => {
    const { port } = await start('upstream');
    const models = (await (await fetch(`http://127.0.0.1:${port}/v1/models`)).json()) as { data: unknown[] };
    expect(models.data).toHaveLength(1);
    expect(JSON.parse(await ask(port, false))).toMatchObject({ object: 'chat.completion' });
  });

  test('streams 33 chunks, the usage it was asked for and the end', async () => {
    const { port } = await start('upstream');
    const frames = (await ask(port, true)).split('\n\n');
    expect(frames).toHaveLength(33 + 3);
    expect(frames.slice(-3)).toEqual([expect.stringContaining('"usage":{'), 'data: [DONE]', '']);
  });

  test('changes its mode when told to', async () => {
    const upstream = await start('upstream');
    await upstream.ask({ delayMs: 0, deltas: 2, text: 'four', pace: 5 });
    const text = await ask(upstream.port, true);
    expect(text.match(/"content":"four"/g)).toHaveLength(2);
  });
});

test('the relay hands on what the upstream sends', async () => {
  const upstream = await start('upstream');
  const relay = await start('relay', `http://127.0.0.1:${upstream.port}`);
  for (const stream of [false, true])
    expect(await ask(relay.port, stream)).toBe(await ask(upstream.port, stream));
});

test('the sink counts spans, lines of requests and exports of metrics', async () => {
  const collector = await start('collector');
  const send = async (path: string, body: string) =>
    (await fetch(`http://127.0.0.1:${collector.port}${path}`, { method: 'POST', body })).status;
  expect(await send('/v1/traces', '[{"startTimeUnixNano":"1"},{"startTimeUnixNano":"2"}]')).toBe(200);
  await send('/v1/logs', '[{"eventName":"request.completed"},{"eventName":"server.listening"}]');
  await send('/v1/metrics', '{}');
  expect(await collector.ask({})).toEqual({ spans: 2, logRecords: 1, metricExports: 1 });
});

describe('the load generator', () => {
  test.each([false, true])('makes so many requests and counts failures (stream: %s)', async (stream) => {
    const [upstream, load] = [await start('upstream'), await start('load')];
    await load.ask({ kind: 'expect', frames: FRAMES });
    const requests = { kind: 'requests', stream, concurrency: 3, until: { requests: 20 } };
    const to = { port: upstream.port, retrieval: true };
    const result = (await load.ask({ ...requests, to })) as RequestsResult;
    expect(result).toMatchObject({ requests: 20, failures: 0 });
    expect(result.latenciesMs).toHaveLength(20);
    const refused = (await load.ask({ ...requests, to: { ...to, port: 1 } })) as RequestsResult;
    expect(refused).toMatchObject({ requests: 20, failures: 20 });
  });

  test('measures first tokens and gaps of paced streams', async () => {
    const [upstream, load] = [await start('upstream'), await start('load')];
    await upstream.ask({ delayMs: 0, deltas: 5, text: 'x', pace: 10 });
    await load.ask({ kind: 'expect', frames: 8 });
    const to = { port: upstream.port, retrieval: false };
    const result = await load.ask({ kind: 'paced-streams', to, streams: 3, staggerMs: 1 });
    const { failures, firstTokenMs, gapsMs } = result as {
      failures: number;
      firstTokenMs: [];
      gapsMs: number[];
    };
    expect(failures).toBe(0);
    expect(firstTokenMs).toHaveLength(3);
    // Four gaps between five tokens; a timer is late at times, but not early by more than its own grain.
    expect(gapsMs).toHaveLength(12);
    expect(gapsMs.reduce((sum, gap) => sum + gap, 0)).toBeGreaterThan(12 * 8);
  });
});

describe('startProgram', () => {
  test('fails when the program does not come up', async () => {
    await expect(start('no-such-program')).rejects.toThrow('no-such-program ended with code 1');
  });

  test('passes on what went wrong in a program', async () => {
    const load = await start('load');
    await expect(load.ask(null)).rejects.toThrow('load: ');
  });

  test('fails a command that the program does not live to answer', async () => {
    const upstream = await start('upstream');
    const load = await start('load');
    await upstream.ask({ ...PROMPT_MODE, delayMs: 60_000 });
    const until = { requests: 1 };
    const to = { port: upstream.port, retrieval: true };
    const asked = load.ask({ kind: 'requests', to, stream: false, concurrency: 1, until });
    process.kill(load.pid);
    await expect(asked).rejects.toThrow('load ended while it was asked');
  });
});
