import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runProgram } from '../storage/__fixtures__/run-program.ts';
import { createRequestLimiter } from './request-limiter.ts';

const CLUSTER = new URL('./__fixtures__/limiter-cluster.ts', import.meta.url);

describe('in one process', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('allows exactly the limit and says what is left', async () => {
    const limiter = setUp();

    expect(await limiter.consume('key:a', 2)).toEqual({
      allowed: true,
      limit: 2,
      remaining: 1,
      retryAfterSeconds: 0,
    });
    expect(await limiter.consume('key:a', 2)).toEqual({
      allowed: true,
      limit: 2,
      remaining: 0,
      retryAfterSeconds: 0,
    });
    expect(await limiter.consume('key:a', 2)).toEqual({
      allowed: false,
      limit: 2,
      remaining: 0,
      retryAfterSeconds: 60,
    });
  });

  it('says how long to wait, and allows again when that is over', async () => {
    const limiter = setUp();
    await limiter.consume('key:a', 1);
    await vi.advanceTimersByTimeAsync(45_500);

    expect(await limiter.consume('key:a', 1)).toMatchObject({ allowed: false, retryAfterSeconds: 15 });

    await vi.advanceTimersByTimeAsync(14_500);
    expect(await limiter.consume('key:a', 1)).toMatchObject({ allowed: true });
  });

  it('counts callers apart, each with a limit of its own', async () => {
    const limiter = setUp();

    const allowed = async (key: string, limit: number) => {
      const decisions = await Promise.all(Array.from({ length: 10 }, () => limiter.consume(key, limit)));
      return decisions.filter((decision) => decision.allowed).length;
    };

    expect(await Promise.all([allowed('key:a', 3), allowed('key:b', 7), allowed('visitor:a', 1)])).toEqual([
      3, 7, 1,
    ]);
  });

  it('uses a changed limit at once', async () => {
    const limiter = setUp();
    await limiter.consume('key:a', 1);
    expect((await limiter.consume('key:a', 1)).allowed).toBe(false);

    expect(await limiter.consume('key:a', 10)).toMatchObject({ allowed: true, limit: 10, remaining: 7 });
  });

  it('does not count callers without a limit', async () => {
    const limiter = setUp();
    for (let n = 0; n < 100; n += 1) expect((await limiter.consume('local:a', 0)).allowed).toBe(true);

    expect(await limiter.consume('local:a', 1)).toMatchObject({ allowed: true, remaining: 0 });
  });
});

describe('in a cluster', () => {
  it('is exact over all workers, for limits that differ by key', async () => {
    const load = [
      { key: 'key:a', limit: 50, requests: 40 },
      { key: 'key:b', limit: 7, requests: 40 },
      { key: 'key:c', limit: 1000, requests: 40 },
    ];

    const results = await runCluster('listening', 3, load);

    const total = (key: string) => results.reduce((sum, { allowed }) => sum + (allowed[key] ?? 0), 0);
    expect({ a: total('key:a'), b: total('key:b'), c: total('key:c') }).toEqual({ a: 50, b: 7, c: 120 });
    expect(results.map(({ unchecked }) => unchecked)).toEqual([0, 0, 0]);
  });

  it('goes on counting when a worker is replaced by another', async () => {
    const load = [{ key: 'key:a', limit: 10, requests: 4 }];

    const results = await runCluster('one-by-one', 3, load);

    expect(results).toEqual([4, 4, 2].map((count) => ({ allowed: { 'key:a': count }, unchecked: 0 })));
  });

  it('lets requests through and counts them when the primary does not answer', async () => {
    const results = await runCluster('deaf', 1, [{ key: 'key:a', limit: 2, requests: 5 }]);

    expect(results).toEqual([{ allowed: { 'key:a': 5 }, unchecked: 5 }]);
  });

  it('ends no process with an error when the channel closes with requests under way', async () => {
    const result = await runProgram(CLUSTER, [
      'cut',
      '2',
      JSON.stringify([{ key: 'a', limit: 2, requests: 100 }]),
    ]);

    expect(result).toEqual({ exitCode: 0, stdout: '["gone","gone"]', stderr: '' });
  });
});

interface WorkerResult {
  readonly allowed: Readonly<Record<string, number>>;
  readonly unchecked: number;
}

async function runCluster(mode: string, workers: number, load: unknown): Promise<WorkerResult[]> {
  const result = await runProgram(CLUSTER, [mode, String(workers), JSON.stringify(load)]);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(result.stdout) as WorkerResult[];
}

function setUp() {
  return createRequestLimiter({
    onUnchecked: () => {
      throw new Error('a limiter in memory always answers');
    },
  });
}
