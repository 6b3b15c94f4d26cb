import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from './child.ts';
import type { Keeper } from './keeper.ts';
import { withinTime } from './within-time.ts';

/** A new worker gets this long to listen and to become as ready as the one it replaces. */
const TAKE_OVER_TIMEOUT_MS = 15_000;
const POLL_MS = 50;

/** Who takes over from whom; nobody when the pool grows. */
export interface TakeOver {
  readonly fresh: Keeper;
  readonly replaced: Keeper | undefined;
  readonly isReady: (child: Child) => Promise<boolean>;
  readonly timeoutMs?: number | undefined;
}

/** Waits until the new worker listens and, if the old one would answer a question now, until it would too. */
export async function takesOver(options: TakeOver): Promise<boolean> {
  const { fresh, replaced, isReady, timeoutMs = TAKE_OVER_TIMEOUT_MS } = options;
  const deadline = Date.now() + timeoutMs;
  if ((await withinTime(fresh.firstListening, timeoutMs)) === undefined) return false;
  // While the upstream is away no worker is ready: a reload that repairs that must not wait for it.
  if (!(await childIsReady(replaced, isReady))) return true;
  while (!(await childIsReady(fresh, isReady))) {
    if (Date.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}

async function childIsReady(keeper: Keeper | undefined, isReady: TakeOver['isReady']): Promise<boolean> {
  const child = keeper?.child();
  return child !== undefined && (await isReady(child));
}
