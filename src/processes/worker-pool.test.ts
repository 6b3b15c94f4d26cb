import { expect, test } from 'vitest';
import { createFakeChild, settle, type FakeChild } from '../../test/support/fake-child.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { askReadiness } from './overview.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

interface Started {
  readonly slot: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly child: FakeChild;
}

interface Scene {
  readonly pool: WorkerPool;
  readonly started: Started[];
  slots(): number[];
  /** The newest child of a slot. */
  in(slot: number): FakeChild;
}

const OLD = { GLASSGATE_CONFIG_FILE: 'old' };
const NEW = { GLASSGATE_CONFIG_FILE: 'new' };

test('starts as many workers as asked for, each in its slot, and tells the first port', async () => {
  const scene = createScene();
  const { pool, started } = scene;
  const port = pool.start(3, OLD);
  expect(started.map(({ slot, environment }) => [slot, environment])).toEqual([
    [0, OLD],
    [1, OLD],
    [2, OLD],
  ]);
  started[1]?.child.listen(8080);
  expect(await port).toBe(8080);
  expect(scene.slots()).toEqual([0, 1, 2]);
});

test('a worker that died starts again in its slot with its settings', async () => {
  const scene = await createRunning(2);
  scene.in(1).die();
  await waitUntil('restarted', () => scene.started.length === 3);
  expect(scene.started[2]).toMatchObject({ slot: 1, environment: OLD, child: { reason: 'crash' } });
});

test('replaces one after the other, each old one only after its new one is ready, slots never shared', async () => {
  const scene = await createRunning(2);
  const old = scene.started.map(({ child }) => child);
  const replaced = scene.pool.replaceAll(2, NEW);
  expect(scene.slots()).toEqual([0, 1, 2]);
  scene.in(2).ready = false;
  scene.in(2).listen(8080);
  await settle();
  expect(old.map(({ orders }) => orders)).toEqual([[], []]);

  scene.in(2).ready = true;
  await waitUntil('the first drains', () => old[0]?.orders.length === 1);
  expect(old[1]?.orders).toEqual([]);
  expect(scene.started).toHaveLength(3);
  old[0]?.die({ code: 0 });
  await waitUntil('the second starts', () => scene.started.length === 4);
  expect(scene.started[3]).toMatchObject({ slot: 0, environment: NEW, child: { reason: 'reload' } });
  scene.in(0).listen(8080);
  await waitUntil('the second drains', () => old[1]?.orders.length === 1);
  old[1]?.die({ code: 0 });
  expect(await replaced).toBe(true);
  expect(scene.slots()).toEqual([2, 0]);
});

test('does not wait for readiness that the old worker has not either', async () => {
  const scene = await createRunning(1);
  scene.in(0).ready = false;
  const replaced = scene.pool.replaceAll(1, NEW);
  scene.in(1).ready = false;
  scene.in(1).listen(8080);
  await waitUntil('the old one drains', () => scene.in(0).orders.length === 1);
  scene.in(0).die({ code: 0 });
  expect(await replaced).toBe(true);
});

test('a first new worker that does not come up is given up, and the old ones stay', async () => {
  const scene = await createRunning(2, { takeOverTimeoutMs: 50 });
  const replaced = scene.pool.replaceAll(2, NEW);
  await waitUntil('given up', () => scene.in(2).orders.includes('drain'));
  scene.in(2).die({ code: 0 });
  expect(await replaced).toBe(false);
  expect(scene.slots()).toEqual([0, 1]);
  expect([scene.in(0).orders, scene.in(1).orders]).toEqual([[], []]);
});

test.each([
  { before: 1, after: 2 },
  { before: 2, after: 1 },
])('a replacement changes the number of workers from $before to $after', async ({ before, after }) => {
  const scene = await createRunning(before);
  const replaced = scene.pool.replaceAll(after, NEW);
  await waitUntil('all replaced', () => {
    for (const { environment, child } of scene.started) {
      if (environment === NEW) child.listen(8080);
      else if (child.orders.length > 0) child.die({ code: 0 });
    }
    return scene.pool.positions().length === after && scene.started.length === before + after;
  });
  expect(await replaced).toBe(true);
});

test('a stop drains all at the same time, a half-done replacement too', async () => {
  const scene = await createRunning(2);
  const replaced = scene.pool.replaceAll(2, NEW);
  const stopped = scene.pool.stop();
  expect(scene.started.map(({ child }) => child.orders)).toEqual([['drain'], ['drain'], ['drain']]);
  for (const { child } of scene.started) child.die({ code: 0 });
  await stopped;
  expect(await replaced).toBe(false);
  expect(scene.slots()).toEqual([]);
  expect(scene.started).toHaveLength(3);
});

function createScene({ takeOverTimeoutMs }: { takeOverTimeoutMs?: number } = {}): Scene {
  const started: Started[] = [];
  const pool = createWorkerPool({
    start: (slot, environment, reason) => {
      const child = createFakeChild(reason);
      started.push({ slot, environment, child });
      return child;
    },
    onExit: () => undefined,
    isReady: async (child) => (await askReadiness(child)).ready,
    stopTimeoutMs: () => 60_000,
    ...(takeOverTimeoutMs === undefined ? {} : { takeOverTimeoutMs }),
  });
  const newest = (slot: number) => started.findLast((one) => one.slot === slot)?.child;
  return {
    pool,
    started,
    slots: () => pool.positions().map(({ slot }) => slot),
    in: (slot) => {
      const child = newest(slot);
      if (child === undefined) throw new Error(`nobody in slot ${slot}`);
      return child;
    },
  };
}

async function createRunning(count: number, options: { takeOverTimeoutMs?: number } = {}): Promise<Scene> {
  const scene = createScene(options);
  const port = scene.pool.start(count, OLD);
  for (const { child } of scene.started) child.listen(8080);
  await port;
  return scene;
}
