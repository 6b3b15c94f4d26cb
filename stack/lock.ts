import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** How a waiting process is told about it, and how often it looks again. */
interface LockOptions {
  readonly onWait: (holder: number) => void;
  readonly pollMs?: number;
}

const POLL_MS = 500;
/** A lock file without a process id is one that is being written; older than this nobody is writing it. */
const EMPTY_LOCK_MS = 5000;

/**
 * Does the work while holding a lock file with this process's id; a lock whose process is gone is taken over. Two that take
 * over at the same moment may both work: it saves work, what is done must be safe to be done twice.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  for (let hasTold = false; !tryLock(path); hasTold = true) {
    const holder = holderOf(path);
    if (holder === undefined) {
      rmSync(path, { force: true });
      continue;
    }
    if (!hasTold) options.onWait(holder);
    await pause(options.pollMs ?? POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, String(process.pid));
    closeSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The process that holds the lock, 0 while it is not known, undefined when nobody does any more. */
function holderOf(path: string): number | undefined {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    if (holder === 0) return Date.now() - statSync(path).mtimeMs > EMPTY_LOCK_MS ? undefined : 0;
    process.kill(holder, 0);
    return holder;
  } catch {
    return undefined;
  }
}
