import { fork } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { watchChild, type Child } from './child.ts';

test('hears the port, gets answers, and sees the end', async () => {
  const child = startChild();
  expect(await child.listening).toBe(4321);
  expect(await child.ask('metrics', 5000)).toBe('metrics text');
  expect(await child.ask('readiness', 5000)).toEqual({ ready: true, missing: [] });
  child.drain();
  expect(await child.exited).toEqual({ code: 7, signal: null });
  expect(await child.ask('metrics', 5000)).toBeUndefined();
});

test('answers reach the question they belong to', async () => {
  const child = startChild();
  const answers = await Promise.all([
    child.ask('metrics', 5000),
    child.ask('readiness', 5000),
    child.ask('metrics', 5000),
  ]);
  expect(answers).toEqual(['metrics text', { ready: true, missing: [] }, 'metrics text']);
});

test('gives up a child that does not answer in time', async () => {
  const child = startChild('silent');
  await child.listening;
  expect(await child.ask('metrics', 30)).toBeUndefined();
});

test('an answer that will never come is given up when the child dies', async () => {
  const child = startChild('silent');
  await child.listening;
  const asked = child.ask('metrics', 60_000);
  child.kill('SIGKILL');
  expect(await asked).toBeUndefined();
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a child that ends before it listens has no port', async () => {
  const child = startChild('broken');
  expect(await child.listening).toBeUndefined();
  expect(await child.exited).toEqual({ code: 3, signal: null });
});

test('a program that cannot be started counts as ended', async () => {
  const child = watchChild(fork(join(import.meta.dirname, 'messages.ts'), [], { execPath: '/no/such/node' }));
  expect(await child.exited).toEqual({ code: null, signal: null });
  expect(await child.listening).toBeUndefined();
});

function startChild(mood = 'helpful'): Child {
  const child = watchChild(fork(join(import.meta.dirname, '../../test/support/talking-child.ts'), [mood]));
  onTestFinished(() => child.kill('SIGKILL'));
  return child;
}
