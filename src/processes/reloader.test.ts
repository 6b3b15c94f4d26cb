import { expect, test } from 'vitest';
import { settle } from '../../test/support/fake-child.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { ConfigError, loadConfig } from '../config/load.ts';
import type { ConfigInForce } from './config-in-force.ts';
import { startReloader } from './reloader.ts';

test('loads, checks and applies', async () => {
  const { reload, applied } = createScene();
  reload();
  await settle();
  expect(applied).toEqual([1]);
});

test('wishes during a reload become one more', async () => {
  const { reload, applied, finish } = createScene({ waits: true });
  reload();
  reload();
  reload();
  reload();
  expect(applied).toEqual([1]);
  finish();
  await waitUntil('one more', () => applied.length === 2);
  finish();
  await settle();
  expect(applied).toEqual([1, 2]);
});

test('a faulty configuration is not applied, and its turn is used by the next', async () => {
  const scene = createScene();
  scene.fault = new ConfigError(['prompt.colour: unknown setting']);
  scene.reload();
  await settle();
  expect(scene.applied).toEqual([]);
  scene.fault = undefined;
  scene.reload();
  await settle();
  expect(scene.applied).toEqual([1]);
});

test('a fault that is not of the configuration ends nothing either', async () => {
  const scene = createScene();
  scene.fault = new Error('ENOSPC');
  scene.reload();
  await settle();
  scene.fault = undefined;
  scene.reload();
  await settle();
  expect(scene.applied).toEqual([1]);
});

test('workers that do not take the configuration leave the old one in force', async () => {
  const scene = createScene();
  scene.works = false;
  scene.reload();
  await settle();
  scene.works = true;
  scene.reload();
  await settle();
  expect(scene.applied).toEqual([1, 1]);
});

test('what needs a restart is not applied', async () => {
  const scene = createScene();
  scene.environment = { GLASSGATE_SERVER_PORT: '8181' };
  scene.reload();
  await settle();
  expect(scene.applied).toEqual([]);
});

test('nothing is reloaded once the gateway ends', async () => {
  const scene = createScene();
  scene.ending.abort();
  scene.reload();
  await settle();
  expect(scene.applied).toEqual([]);
});

/** `applied` holds the turns that were put into force or tried to. */
function createScene({ waits = false } = {}) {
  const applied: number[] = [];
  const ending = new AbortController();
  let finish = () => undefined as void;
  const scene = {
    applied,
    ending,
    finish: () => finish(),
    fault: undefined as Error | undefined,
    works: true,
    environment: {} as Record<string, string>,
    reload: () => undefined as void,
  };
  const load = (turn: number): ConfigInForce => {
    if (scene.fault !== undefined) throw scene.fault;
    return { config: loadConfig(scene.environment), environment: { turn: String(turn) } };
  };
  scene.reload = startReloader({
    first: load(0),
    load,
    ending: ending.signal,
    apply: async (next) => {
      applied.push(Number(next.environment['turn']));
      if (waits) await new Promise<void>((resolve) => (finish = resolve));
      return scene.works;
    },
  });
  return scene;
}
