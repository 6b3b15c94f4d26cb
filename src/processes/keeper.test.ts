import { expect, test } from 'vitest';
import { createFakeChild, settle, type FakeChild } from '../../test/support/fake-child.ts';
import type { ChildExit } from './child.ts';
import { keepRunning, type Keeper } from './keeper.ts';

interface Scene {
  readonly keeper: Keeper;
  readonly children: FakeChild[];
  readonly pauses: number[];
  readonly exits: (ChildExit & { readonly planned: boolean })[];
  /** Lets the pending pause end. */
  goOn(): Promise<void>;
  advance(durationMs: number): void;
}

test('starts a child at once and tells its port', async () => {
  const { keeper, children } = createScene();
  expect(children.map(({ reason }) => reason)).toEqual(['first']);
  children[0]?.listen(8080);
  expect(await keeper.firstListening).toBe(8080);
  expect(keeper.child()).toBe(children[0]);
});

test('starts another after each death, pausing longer while they die young', async () => {
  const scene = createScene();
  for (let death = 0; death < 4; death += 1) {
    scene.children.at(-1)?.die({ code: 1 });
    await scene.goOn();
  }
  expect(scene.children.map(({ reason }) => reason)).toEqual(['first', 'crash', 'crash', 'crash', 'crash']);
  expect(scene.pauses).toEqual([0, 100, 200, 400]);
  expect(scene.exits[0]).toEqual({ code: 1, signal: null, planned: false });
});

test('a child that lived 30 s begins a new count', async () => {
  const scene = createScene();
  for (let death = 0; death < 3; death += 1) {
    scene.children.at(-1)?.die();
    await scene.goOn();
  }
  scene.advance(30_000);
  scene.children.at(-1)?.die();
  await scene.goOn();
  scene.children.at(-1)?.die();
  await scene.goOn();
  expect(scene.pauses).toEqual([0, 100, 200, 0, 100]);
});

test('has no child while it pauses', async () => {
  const scene = createScene();
  scene.children[0]?.die();
  await settle();
  expect(scene.keeper.child()).toBeUndefined();
});

test('a stop drains the child, waits for its end, and starts no other', async () => {
  const scene = createScene();
  const stopped = scene.keeper.stop(1000);
  expect(scene.children[0]?.orders).toEqual(['drain']);
  scene.children[0]?.die({ code: 0 });
  await stopped;
  expect(scene.exits).toEqual([{ code: 0, signal: null, planned: true }]);
  expect(scene.children).toHaveLength(1);
  expect(await scene.keeper.firstListening).toBeUndefined();
});

test('a stop kills a child that does not end in time', async () => {
  const scene = createScene();
  const stopped = scene.keeper.stop(1);
  const [child] = scene.children;
  await child?.exited;
  await stopped;
  expect(child?.orders).toEqual(['drain', 'SIGKILL']);
});

test('a stop during a pause starts no other child', async () => {
  const scene = createScene();
  scene.children[0]?.die();
  await settle();
  await scene.keeper.stop(1000);
  expect(scene.children).toHaveLength(1);
});

function createScene(): Scene {
  const children: FakeChild[] = [];
  const pauses: number[] = [];
  const exits: Scene['exits'] = [];
  let time = 0;
  let endPause = () => undefined as void;
  const keeper = keepRunning({
    reason: 'first',
    start: (reason) => {
      const child = createFakeChild(reason);
      children.push(child);
      return child;
    },
    onExit: (exit) => exits.push(exit),
    now: () => time,
    pause: (delayMs, signal) => {
      pauses.push(delayMs);
      const { promise, resolve } = Promise.withResolvers<void>();
      endPause = resolve;
      signal.addEventListener('abort', () => resolve());
      return promise;
    },
  });
  return {
    keeper,
    children,
    pauses,
    exits,
    advance: (durationMs) => (time += durationMs),
    goOn: async () => {
      await settle();
      endPause();
      await settle();
    },
  };
}
