import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPort } from './ports.ts';

const PARENT = join(import.meta.dirname, '__fixtures__', 'parent.ts');
const GONE = { timeout: 8000, interval: 50 };

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A program with one server below it; resolves with both process ids when the server is ready. */
async function startParent(folder: string, manner: string[] = []) {
  const args = [PARENT, String(await findPort()), folder, ...manner];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  return { parent, serverPid: Number(line.toString()) };
}

test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
  'a program that ends by %s leaves no server behind',
  async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'glassgate-guardian-'));
    const { parent, serverPid } = await startParent(folder);
    expect(isAlive(serverPid)).toBe(true);
    parent.kill(signal);
    await expect.poll(() => isAlive(serverPid), GONE).toBe(false);
    rmSync(folder, { recursive: true, force: true });
  },
  15_000,
);

test('nor does it when the server does not listen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-guardian-'));
  const { parent, serverPid } = await startParent(folder, ['deaf']);
  parent.kill('SIGKILL');
  await expect.poll(() => isAlive(serverPid), GONE).toBe(false);
  rmSync(folder, { recursive: true, force: true });
}, 15_000);
