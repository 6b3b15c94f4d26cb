import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { FAKE_MODEL, type FakeUpstream } from '../support/fake-upstream.ts';
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { startModelServer } from '../support/model-server.ts';
import { waitUntil } from '../support/wait-until.ts';
import { readLedger, SPANS_PER_REQUEST, storedAnswers, storedLogTraces, storedSpans } from './ledger.ts';
import { quantileMs, startPacedLoad, type PacedAnswer } from './paced-load.ts';
import { queryPrometheus, sampleOf } from './query-stores.ts';

// Requests, answers, spans, log lines and samples are counted where they are made and where they end up. Whatever is
// broken in between, the two differ by exactly what the gateway says it lost, and nobody who asks notices.

const PARTS = ['otel-collector', 'prometheus', 'loki', 'jaeger'] as const;
const PACE_MS = 100;
/** Metrics are sent every 10 s by the gateway; a queue is tried again after 15 s at most. */
const SETTLE_MS = 60_000;
const MINUTE_MS = 60_000;
/** Queues of the Collector in the last test: some hundred requests. */
const SMALL_QUEUE_BYTES = 262_144;

interface Running {
  readonly stack: Stack;
  readonly gateway: GatewayProcess;
  /** All that was asked of this gateway so far. */
  readonly asked: PacedAnswer[];
}

let model: FakeUpstream;
let running: Running;
/** What answers take when nothing is wrong, in this very run. */
let usual: { readonly p50: number; readonly p99: number };
const ending = new AsyncDisposableStack();

beforeAll(async () => {
  model = await startModelServer();
  ending.defer(() => model.close());
  running = await start({});
});
afterAll(() => ending.disposeAsync());

describe('when nothing is wrong', () => {
  it('everything that was made has arrived, to the span and to the line', async () => {
    const answers = await during(running, () => pause(15_000));
    usual = { p50: quantileMs(answers, 0.5), p99: quantileMs(answers, 0.99) };
    expect(await balance(running)).toEqual({ spansLost: 0, logsLost: 0 });
  });
});

describe('when the Collector is killed under load and started again', () => {
  it('within seconds, nothing is lost: what was on its way is sent again', async () => {
    const answers = await during(running, async () => {
      await pause(4000);
      await running.stack.kill('otel-collector');
      await pause(2000);
      await running.stack.start('otel-collector');
      await pause(6000);
    });

    expectUnaffected(answers, 'Collector killed and back after 2 s');
    expect(await balance(running)).toEqual({ spansLost: 0, logsLost: 0 });
  });

  it('after half a minute, what could not wait is counted, and no more than that is missing', async () => {
    const answers = await during(running, async () => {
      await pause(2000);
      await running.stack.kill('otel-collector');
      await pause(30_000);
      await running.stack.start('otel-collector');
      await pause(3000);
    });

    expectUnaffected(answers, 'Collector dead for 30 s');
    const { spansLost, logsLost } = await balance(running);
    expect(spansLost).toBeGreaterThan(0);
    expect(logsLost).toBeGreaterThan(0);
  });
});

describe('when Loki, the trace store and Prometheus are each gone for a minute', () => {
  it('what waits on the disk of the Collector arrives when they are back', async () => {
    const before = readLedger(await running.gateway.metrics());
    let jaegerGoneAt = 0;
    const answers = await during(running, async () => {
      const { stack } = running;
      await stack.stop('loki');
      await pause(20_000);
      await stack.stop('jaeger');
      jaegerGoneAt = Date.now();
      await pause(20_000);
      await stack.stop('prometheus');
      await pause(MINUTE_MS - 40_000);
      await stack.start('loki');
      await pause(20_000);
      await stack.start('jaeger');
      await pause(20_000);
      await stack.start('prometheus');
    });
    const prometheusBackAt = Date.now();

    expectUnaffected(answers, 'stores gone for a minute each');
    const after = readLedger(await running.gateway.metrics());
    expect(after.spansLost - before.spansLost).toBe(0);
    expect(after.logsLost - before.logsLost).toBe(0);
    await settled('log lines of the outage', async () =>
      missing(answers, await storedLogTraces(running.stack.urls, answers[0]?.askedAt ?? 0)),
    );
    // What Jaeger has acknowledged and not yet written when it is stopped is its own to lose.
    const outage = answers.filter(({ askedAt }) => askedAt > jaegerGoneAt);
    await settled('spans of the outage', () => missingSpans(running, outage));
    const samples = await settledSamples(running, prometheusBackAt);
    expect(samples).toBeGreaterThanOrEqual(3);
  });
});

describe('when the queue of the Collector is full', () => {
  it('what is refused is counted by the gateway, and stored and lost make the whole', async () => {
    const full = await start({ GLASSGATE_STACK_QUEUE_BYTES: String(SMALL_QUEUE_BYTES) });
    // What Jaeger has in memory goes with it: the books begin after that.
    await full.stack.stop('jaeger');
    const before = readLedger(await full.gateway.metrics());
    const lost = async () => readLedger(await full.gateway.metrics()).spansLost - before.spansLost;
    const answers = await during(full, async () => {
      await waitUntil('spans are refused and given up', async () => (await lost()) > 0, 120_000);
      await full.stack.start('jaeger');
    });

    expectUnaffected(answers, 'full queue');
    await settled(
      'every span is stored or counted as lost',
      async () => (await missingSpans(full, answers)) - (await lost()),
    );
    expect(await lost()).toBeGreaterThan(0);
    report('full queue', { spans: answers.length * SPANS_PER_REQUEST, spansLost: await lost() });
  });
});

/** A stack of its own with a gateway in front of the fake model. */
async function start(environment: Readonly<Record<string, string>>): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-ledger-'));
  ending.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const stack = ending.use(await startStack({ folder, parts: PARTS, environment }));
  const gateway = await startGateway({
    upstreamUrl: model.url,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp },
  });
  stack.guard(gateway.pid);
  ending.use(gateway);
  const started: Running = { stack, gateway, asked: [] };
  // The first answers of a process are slow whatever else happens.
  await during(started, () => pause(5000));
  return started;
}

/** Asks at a steady pace while something happens. */
async function during(
  { gateway, asked }: Running,
  happens: () => Promise<unknown>,
): Promise<readonly PacedAnswer[]> {
  const load = startPacedLoad(gateway.url, FAKE_MODEL, PACE_MS);
  try {
    await happens();
  } finally {
    await load.stop();
  }
  asked.push(...load.answers);
  return load.answers;
}

/** Everybody was answered, and hardly later than when nothing is wrong. */
function expectUnaffected(answers: readonly PacedAnswer[], what: string): void {
  const [p50, p99] = [quantileMs(answers, 0.5), quantileMs(answers, 0.99)];
  report(what, { answers: answers.length, p50, p99, usualP50: usual.p50, usualP99: usual.p99 });
  expect(answers.filter(({ whole }) => !whole)).toEqual([]);
  // The servers themselves take processor time when they start, on a machine that all of this shares.
  expect(p50).toBeLessThan(usual.p50 * 2 + 20);
  expect(p99).toBeLessThan(usual.p99 * 2 + 250);
}

/** Waits until the books agree: asked = answered = recorded = counted by Prometheus, and made = stored + lost. */
async function balance(where: Running): Promise<{ spansLost: number; logsLost: number }> {
  const { stack, gateway, asked } = where;
  await settled('metrics in Prometheus', async () => asked.length - (await storedAnswers(stack.urls)));
  await settled('spans and lines with a known fate', async () => {
    const { spans, logs, spansQueued, logsQueued } = readLedger(await gateway.metrics());
    return (
      asked.length * SPANS_PER_REQUEST - spans + spansQueued + logsQueued + (logs < asked.length ? 1 : 0)
    );
  });
  const { answers, recorded, spans, spansLost, logsLost } = readLedger(await gateway.metrics());
  expect([answers, recorded]).toEqual([asked.length, asked.length]);
  await settled('spans stored or counted', async () => (await missingSpans(where, asked)) - spansLost);
  await settled('lines stored or counted', async () => {
    const gone = missing(asked, await storedLogTraces(stack.urls, asked[0]?.askedAt ?? 0));
    // Other lines than those of requests may be among the lost ones.
    return Math.max(0, gone - logsLost);
  });
  report('balance', { requests: asked.length, spans, spansLost, logsLost });
  return { spansLost, logsLost };
}

/** Waits until a difference is nought, and says how large it still was when it is not. */
async function settled(what: string, difference: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const last = await difference();
    if (last === 0) return;
    if (performance.now() > deadline) throw new Error(`${what}: still ${last} apart`);
    // The stores are asked for everything they have: often enough, and no more.
    await pause(500);
  }
}

function missing(answers: readonly PacedAnswer[], traces: ReadonlySet<string>): number {
  return answers.filter(({ traceId }) => !traces.has(traceId)).length;
}

async function missingSpans(where: Running, answers: readonly PacedAnswer[]): Promise<number> {
  return answers.length * SPANS_PER_REQUEST - (await countStored(where, answers));
}

async function countStored({ stack }: Running, answers: readonly PacedAnswer[]): Promise<number> {
  const stored = await storedSpans(
    stack.urls,
    answers.map(({ traceId }) => traceId),
  );
  return [...stored.values()].reduce((count, { size }) => count + size, 0);
}

/** Samples of the minute in which Prometheus was gone, which it can only have from the queue. */
async function settledSamples({ stack }: Running, backAt: number): Promise<number> {
  const query = `min(count_over_time(glassgate_answers_total{glassgate_outcome="answered"}[50s] @ ${(backAt - 5000) / 1000}))`;
  let samples = 0;
  await waitUntil(
    'samples of the outage',
    async () => (samples = sampleOf(await queryPrometheus(stack.urls.prometheus, query)) ?? 0) >= 3,
    SETTLE_MS,
  ).catch(() => undefined);
  return samples;
}

function report(what: string, numbers: Readonly<Record<string, number>>): void {
  const text = Object.entries(numbers).map(([name, value]) => `${name} ${Math.round(value)}`);
  process.stdout.write(`${what}: ${text.join(', ')}\n`);
}
