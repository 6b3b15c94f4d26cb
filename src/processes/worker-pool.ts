import type { Child, ChildExit } from './child.ts';
import { keepRunning, type Keeper, type StartReason } from './keeper.ts';
import { takesOver } from './take-over.ts';

/** What workers get on top of the primary's own environment. */
export type Environment = Readonly<Record<string, string>>;

/** One place in the pool: a worker, or the pause before its restart. */
export interface Position {
  /** Number of the place; the label and the instance id of whoever works there. */
  readonly slot: number;
  readonly keeper: Keeper;
}

/** What a pool needs to know about workers. */
export interface WorkerPoolOptions {
  readonly start: (slot: number, environment: Environment, reason: StartReason) => Child;
  readonly onExit: (slot: number, exit: ChildExit & { readonly planned: boolean }) => void;
  /** Whether a child would answer a question now. */
  readonly isReady: (child: Child) => Promise<boolean>;
  /** Time a worker gets to end after being told to. */
  readonly stopTimeoutMs: () => number;
  /** Time a new worker gets to become as ready as the one it replaces. */
  readonly takeOverTimeoutMs?: number;
}

/** A number of workers, each in a slot of its own. */
export interface WorkerPool {
  /** Those working, starting and draining. */
  positions(): readonly Position[];
  /** Starts workers and resolves with the port when the first one listens, `undefined` when stopped before. */
  start(count: number, environment: Environment): Promise<number | undefined>;
  /** Replaces all workers one at a time, each new one ready before its old one drains; false: the new ones do not work. */
  replaceAll(count: number, environment: Environment): Promise<boolean>;
  /** Drains all workers at the same time. */
  stop(): Promise<void>;
}

/** Creates a pool without workers. */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const positions = new Set<Position>();
  const stopping = new AbortController();

  const add = (environment: Environment, reason: StartReason): Position => {
    const slot = lowestFreeSlot(positions);
    const keeper = keepRunning({
      start: (why) => options.start(slot, environment, why),
      reason,
      onExit: (exit) => options.onExit(slot, exit),
    });
    const position = { slot, keeper };
    positions.add(position);
    return position;
  };
  const retire = async (position: Position): Promise<void> => {
    await position.keeper.stop(options.stopTimeoutMs());
    positions.delete(position);
  };
  const replace = async (fresh: Position, old: Position | undefined, proven: boolean): Promise<boolean> => {
    const takeOver = {
      fresh: fresh.keeper,
      replaced: old?.keeper,
      isReady: options.isReady,
      timeoutMs: options.takeOverTimeoutMs,
    };
    while (!(await takesOver(takeOver))) {
      // Only the first new worker is on trial: once the settings have worked, a failing worker is restarted like any other.
      if (proven && !stopping.signal.aborted) continue;
      await retire(fresh);
      return false;
    }
    if (old !== undefined) await retire(old);
    return true;
  };

  return {
    positions: () => [...positions],
    start: async (count, environment) => {
      const started = Array.from({ length: count }, () => add(environment, 'first'));
      return Promise.race(started.map((position) => position.keeper.firstListening));
    },
    replaceAll: async (count, environment) => {
      const old = [...positions];
      for (let index = 0; index < count && !stopping.signal.aborted; index += 1) {
        if (!(await replace(add(environment, 'reload'), old.shift(), index > 0))) return false;
      }
      await Promise.all(old.map(retire));
      return true;
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([...positions].map(retire));
    },
  };
}

/** The lowest number nobody holds: a replacement beside its old worker shares neither label nor instance id with it. */
function lowestFreeSlot(positions: Iterable<Position>): number {
  const taken = new Set(Array.from(positions, (position) => position.slot));
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  return slot;
}
