import { setTimeout as pause } from 'node:timers/promises';
import type { Child, ChildExit } from './child.ts';
import { HEALTHY_MS, restartDelayMs } from './restart-delay.ts';

/** Why a child is started; a label of `glassgate.worker.starts`. */
export type StartReason = 'first' | 'crash' | 'reload';

/** What a keeper needs; the clock is handed in so that tests do not wait. */
export interface KeeperOptions {
  readonly start: (reason: StartReason) => Child;
  readonly reason: StartReason;
  readonly onExit: (exit: ChildExit & { readonly planned: boolean }) => void;
  readonly now?: () => number;
  readonly pause?: (delayMs: number, signal: AbortSignal) => Promise<unknown>;
}

/** Keeps one child running until it is told to stop. */
export interface Keeper {
  /** The running child; `undefined` while a dead one waits for its restart. */
  child(): Child | undefined;
  /** Resolves with the port when a child of this keeper listens, with `undefined` when it was stopped before. */
  readonly firstListening: Promise<number | undefined>;
  /** Lets the child end in its own time, kills it after `timeoutMs`, and starts no other. */
  stop(timeoutMs: number): Promise<void>;
}

/** Starts a child and starts another each time it dies, with a growing pause while it dies young. */
export function keepRunning(options: KeeperOptions): Keeper {
  const stopping = new AbortController();
  const firstListening = Promise.withResolvers<number | undefined>();
  let child: Child | undefined;
  const ended = runUntilStopped(options, stopping.signal, (current) => {
    child = current;
    void current?.listening.then((port) => port !== undefined && firstListening.resolve(port));
  });
  return {
    child: () => child,
    firstListening: firstListening.promise,
    stop: async (timeoutMs) => {
      stopping.abort();
      child?.drain();
      const timer = setTimeout(() => child?.kill('SIGKILL'), timeoutMs);
      await ended;
      clearTimeout(timer);
      firstListening.resolve(undefined);
    },
  };
}

async function runUntilStopped(
  { start, reason, onExit, now = Date.now, pause = wait }: KeeperOptions,
  stopping: AbortSignal,
  setChild: (child: Child | undefined) => void,
): Promise<void> {
  let deathsInARow = 0;
  for (let next = reason; !stopping.aborted; next = 'crash') {
    const startedAt = now();
    const child = start(next);
    setChild(child);
    const exit = await child.exited;
    setChild(undefined);
    onExit({ ...exit, planned: stopping.aborted });
    if (stopping.aborted) return;
    deathsInARow = now() - startedAt >= HEALTHY_MS ? 1 : deathsInARow + 1;
    await pause(restartDelayMs(deathsInARow), stopping);
  }
}

async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  // A stop ends the pause by rejecting it; the loop sees the same signal.
  await pause(delayMs, undefined, { signal }).catch(() => undefined);
}
