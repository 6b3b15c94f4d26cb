import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { processTree, treeCpuMicroseconds } from './cpu-time.ts';

/** Starts a process that burns 60 ms of CPU time in itself or, when nested, in a child of its own; both stay until killed. */
async function startBurner(where: 'itself' | 'child') {
  const burn = 'while (process.cpuUsage().user < 60000);';
  const stay = "process.stdout.write('done'); setInterval(() => {}, 1000);";
  const nested = `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burn + stay)}], { stdio: 'inherit' });
    process.on('SIGTERM', () => { child.once('exit', () => process.exit()); child.kill(); });`;
  const child = spawn(process.execPath, ['-e', where === 'itself' ? burn + stay : nested], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

describe('treeCpuMicroseconds', () => {
  test.each(['itself', 'child'] as const)('counts what a process burns in %s', async (where) => {
    const burner = await startBurner(where);
    try {
      expect(treeCpuMicroseconds(burner.pid)).toBeGreaterThan(60_000);
    } finally {
      await burner.stop();
    }
  });

  test('is zero for a process that is gone', async () => {
    const burner = await startBurner('itself');
    await burner.stop();
    expect(treeCpuMicroseconds(burner.pid)).toBe(0);
  });
});

describe('processTree', () => {
  test('is the process and its children, not its parent', async () => {
    const burner = await startBurner('child');
    try {
      const tree = processTree(burner.pid);
      expect(tree).toHaveLength(2);
      expect(tree[0]).toBe(burner.pid);
      expect(processTree(process.pid)).toEqual(expect.arrayContaining([process.pid, ...tree]));
    } finally {
      await burner.stop();
    }
  });
});
