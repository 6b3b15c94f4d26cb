import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withLock } from './lock.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-lock-'));
  path = join(folder, 'deep', 'one.lock');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const options = { onWait: vi.fn<(holder: number) => void>(), pollMs: 1 };

test('holds the lock while it works, and gives it back', async () => {
  const seen = await withLock(path, options, async () => Promise.resolve(readFileSync(path, 'utf8')));
  expect(seen).toBe(String(process.pid));
  expect(existsSync(path)).toBe(false);
});

test('gives it back when the work fails', async () => {
  await expect(withLock(path, options, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(existsSync(path)).toBe(false);
});

test('waits for the one who holds it, and says so once', async () => {
  const order: string[] = [];
  const release = Promise.withResolvers<void>();
  const onWait = vi.fn<(holder: number) => void>();
  const first = withLock(path, options, async () => {
    await release.promise;
    order.push('first');
  });
  const second = withLock(path, { onWait, pollMs: 1 }, async () => Promise.resolve(order.push('second')));
  await expect.poll(() => onWait.mock.calls).toEqual([[process.pid]]);
  release.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(['first', 'second']);
  expect(onWait).toHaveBeenCalledTimes(1);
});

test('takes over what a process left that is gone', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  await withLock(path, options, () => Promise.resolve());
  writeFileSync(path, String(child.pid));
  const onWait = vi.fn<(holder: number) => void>();
  await withLock(path, { onWait, pollMs: 1 }, () => Promise.resolve());
  expect(onWait).not.toHaveBeenCalled();
});

test('a lock that is just being written is waited for, an old empty one is not', async () => {
  await withLock(path, options, () => Promise.resolve());
  writeFileSync(path, '');
  const onWait = vi.fn<(holder: number) => void>();
  const done = withLock(path, { onWait, pollMs: 1 }, () => Promise.resolve('done'));
  await expect.poll(() => onWait.mock.calls).toEqual([[0]]);
  utimesSync(path, 0, 0);
  expect(await done).toBe('done');
});

test('a folder that cannot be written is an error, not a wait', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(withLock(join(folder, 'file', 'x.lock'), options, () => Promise.resolve())).rejects.toThrow(
    /EEXIST|ENOTDIR/,
  );
});
