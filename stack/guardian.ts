import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Ends processes when this one has gone without doing it, even by SIGKILL. */
export interface Guardian {
  add(pid: number): void;
  remove(pid: number): void;
  /** To be called when nothing is left to guard. */
  close(): void;
}

/** Starts the guardian: a small shell that waits for the end of a pipe which only this process holds. */
export function startGuardian(): Guardian {
  const script = join(import.meta.dirname, 'end-with-parent.sh');
  // In a group of its own: Ctrl-C in a terminal reaches the whole group, and the guardian must outlive it.
  const child = spawn('sh', [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const pids = new Set<number>();
  const tell = () => void child.stdin.write(`${[...pids].join(' ')}\n`);
  // If somebody killed it, the servers still end in the usual way.
  child.stdin.on('error', () => undefined);
  child.on('error', () => undefined);
  child.unref();
  return {
    add(pid) {
      pids.add(pid);
      tell();
    },
    remove(pid) {
      pids.delete(pid);
      tell();
    },
    close() {
      child.stdin.end();
    },
  };
}
