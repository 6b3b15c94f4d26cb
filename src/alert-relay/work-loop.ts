import type { Clock } from './clock.ts';

/** Repeats a step while there is something to do, one at a time. */
export interface WorkLoop {
  /** There may be something to do now. */
  wake(): void;
  /** Starts no further step and waits for the one that runs. */
  stop(): Promise<void>;
}

/** A step's word that nothing is left until the next `wake`. */
export const NOTHING_TO_DO = Infinity;

/** Runs `step`, which never rejects and says after how many milliseconds it wants to run again. */
export function startWorkLoop(step: () => Promise<number>, clock: Clock): WorkLoop {
  const state = { isWanted: false, isStopping: false };
  let cancelTimer = (): void => undefined;
  let working: Promise<void> | undefined;

  function wake(): void {
    state.isWanted = true;
    cancelTimer();
    if (state.isStopping) return;
    working ??= work().finally(() => {
      working = undefined;
      if (state.isWanted) wake();
    });
  }

  async function work(): Promise<void> {
    while (state.isWanted && !state.isStopping) {
      state.isWanted = false;
      const delayMs = await step();
      if (delayMs === 0) state.isWanted = true;
      else if (delayMs !== NOTHING_TO_DO) cancelTimer = clock.after(delayMs, wake);
    }
  }

  wake();
  return {
    wake,
    async stop() {
      state.isStopping = true;
      await working;
      cancelTimer();
    },
  };
}
