import { logs } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readRecording } from '../../test/support/recorded-replies.ts';
import { createInstruments } from '../telemetry/instruments.ts';
import { createModelCatalogue, type ModelCatalogue } from './model-catalogue.ts';
import type { UpstreamClient } from './upstream-client.ts';

const logExporter = new InMemoryLogRecordExporter();
logs.setGlobalLoggerProvider(
  new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] }),
);

/** What the upstream says to the next look; a function so that it can fail. */
let answer: (signal: AbortSignal) => unknown;
let looks: number;
let gauge: number[];
let catalogue: ModelCatalogue | undefined;

beforeEach(() => {
  vi.useFakeTimers();
  answer = () => models('a', 'b');
  looks = 0;
  gauge = [];
  logExporter.reset();
});

afterEach(() => {
  catalogue?.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function models(...ids: string[]): object {
  return {
    object: 'list',
    data: ids.map((id) => ({ id, object: 'model', created: 7, root: `/srv/models/${id}` })),
  };
}

function create(offered: readonly string[] = []): ModelCatalogue {
  const upstream = {
    listModels(signal: AbortSignal) {
      looks += 1;
      return Promise.try(answer, signal);
    },
  } as unknown as UpstreamClient;
  const instruments = {
    ...createInstruments(),
    'glassgate.upstream.up': { record: (value: number) => void gauge.push(value) },
  };
  catalogue = createModelCatalogue(upstream, offered, instruments);
  return catalogue;
}

function fail(): never {
  throw new Error('connection refused');
}

function events(): (string | undefined)[] {
  return logExporter
    .getFinishedLogRecords()
    .map(({ eventName, severityText }) => `${severityText} ${eventName}`);
}

describe('before the upstream has answered', () => {
  test('nothing is known', () => {
    const created = create();
    expect([created.isKnown(), created.list(), created.has('a')]).toEqual([false, [], false]);
    expect(created.isUpstreamUp()).toBe(false);
  });

  test('nothing is known after a look that failed', async () => {
    answer = fail;
    const created = create();
    await created.refresh();
    expect(created.isKnown()).toBe(false);
    expect(created.isUpstreamUp()).toBe(false);
  });

  test('models of the configuration are known', () => {
    const created = create(['x', 'y']);
    expect(created.isKnown()).toBe(true);
    expect(created.list().map(({ id }) => id)).toEqual(['x', 'y']);
    expect([created.has('x'), created.has('a')]).toEqual([true, false]);
    expect(created.defaultModel()).toBe('x');
  });
});

describe('when the upstream has answered', () => {
  test('its models are on offer', async () => {
    const created = create();
    await created.refresh();
    expect(created.list()).toEqual([
      { id: 'a', created: 7 },
      { id: 'b', created: 7 },
    ]);
    expect([created.has('a'), created.has('c'), created.defaultModel()]).toEqual([true, false, 'a']);
    expect(created.isUpstreamUp()).toBe(true);
  });

  test('no folder of its host is among what it said', async () => {
    const created = create();
    answer = () => JSON.parse(readRecording('models').body ?? '');
    await created.refresh();
    expect(created.list()).toEqual([
      { id: 'smollm2-135m-instruct', created: expect.any(Number) as number, maxModelLength: 2048 },
    ]);
    expect(JSON.stringify(created.list())).not.toContain('/');
  });

  test('the configuration narrows what is on offer, in the order of the upstream', async () => {
    const created = create(['b', 'z']);
    await created.refresh();
    expect(created.list().map(({ id }) => id)).toEqual(['b']);
  });

  test('without any of the models of the configuration nothing is on offer', async () => {
    const created = create(['z']);
    await created.refresh();
    expect([created.list(), created.has('a'), created.has('z')]).toEqual([[], false, false]);
  });

  test('a list that is empty is one', async () => {
    answer = () => models();
    const created = create();
    await created.refresh();
    expect([created.isKnown(), created.list(), created.has('a'), created.isUpstreamUp()]).toEqual([
      true,
      [],
      false,
      true,
    ]);
  });

  test.each([
    [
      'numbers of another type',
      { data: [{ id: 'a', created: 'x', max_model_len: '9' }] },
      [{ id: 'a', created: 0 }],
    ],
    ['no numbers', { data: [{ id: 'a' }] }, [{ id: 'a', created: 0 }]],
    [
      'more fields',
      { x: 1, data: [{ id: 'a', created: 1, max_model_len: 9, y: [] }] },
      [{ id: 'a', created: 1, maxModelLength: 9 }],
    ],
  ])('%s are no fault', async (_name, said, list) => {
    answer = () => said;
    const created = create();
    await created.refresh();
    expect(created.list()).toEqual(list);
  });

  test.each([undefined, null, 'html', {}, { data: {} }, { data: [{}] }, { data: [{ id: 7 }] }])(
    'what is no list (%j) counts as a failure',
    async (said) => {
      answer = () => said;
      const created = create();
      await created.refresh();
      expect([created.isUpstreamUp(), created.isKnown()]).toEqual([false, false]);
    },
  );
});

describe('looking', () => {
  test('goes on by itself: every ten seconds while all is well', async () => {
    await create().refresh();
    await vi.advanceTimersByTimeAsync(9999);
    expect(looks).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks).toBe(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(looks).toBe(4);
  });

  test('every second while the upstream is down', async () => {
    answer = fail;
    await create().refresh();
    await vi.advanceTimersByTimeAsync(5000);
    expect(looks).toBe(6);
  });

  test('is given up after five seconds', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    let seen: AbortSignal | undefined;
    answer = (signal) => {
      seen = signal;
      return models('a');
    };
    await create().refresh();
    expect(timeout.mock.calls).toEqual([[5000]]);
    expect(seen).toBe(timeout.mock.results[0]?.value);
    timeout.mockRestore();
  });

  test('by hand does not add to the looks that come by themselves', async () => {
    const created = create();
    await created.refresh();
    await created.refresh();
    await created.refresh();
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(looks).toBe(4);
  });

  test('ends with the catalogue', async () => {
    const created = create();
    await created.refresh();
    created.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks).toBe(1);
  });

  test('that is under way when the catalogue closes is the last', async () => {
    const { promise, resolve } = Promise.withResolvers<object>();
    answer = () => promise;
    const created = create();
    const looking = created.refresh();
    created.close();
    resolve(models('a'));
    await looking;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an upstream that goes away', () => {
  test('keeps its models on offer and says so once, and once when it is back', async () => {
    const created = create();
    await created.refresh();
    expect(events()).toEqual([]);
    answer = fail;
    await vi.advanceTimersByTimeAsync(13_000);
    expect(created.isUpstreamUp()).toBe(false);
    expect(created.has('a')).toBe(true);
    expect(events()).toEqual(['ERROR upstream.unreachable']);
    answer = () => models('a', 'c');
    await vi.advanceTimersByTimeAsync(1000);
    expect(created.list().map(({ id }) => id)).toEqual(['a', 'c']);
    expect(events()).toEqual(['ERROR upstream.unreachable', 'INFO upstream.reachable']);
  });

  test('is told by the gauge at every look', async () => {
    await create().refresh();
    answer = fail;
    await vi.advanceTimersByTimeAsync(11_000);
    expect(gauge).toEqual([1, 0, 0]);
  });

  test('before it was ever there is told once', async () => {
    answer = fail;
    await create().refresh();
    await vi.advanceTimersByTimeAsync(5000);
    expect(events()).toEqual(['ERROR upstream.unreachable']);
  });
});
