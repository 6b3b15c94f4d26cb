/** Lets one through at a time. */
export interface Turnstile {
  /** Waits for its turn; gives the function that ends it. Throws `refusal` when the line is full already. */
  enter(signal: AbortSignal, refusal: () => Error): Promise<() => void>;
}

/** Makes a turnstile before which so many may wait. */
export function createTurnstile(mostWaiting: number): Turnstile {
  const line: (() => void)[] = [];
  let isTaken = false;

  const leave = (): void => {
    const next = line.shift();
    if (next === undefined) isTaken = false;
    else next();
  };
  return {
    enter: async (signal, refusal) => {
      signal.throwIfAborted();
      if (isTaken) {
        if (line.length >= mostWaiting) throw refusal();
        await turn(line, signal);
      }
      isTaken = true;
      return once(leave);
    },
  };
}

/** A place in the line, given up when the signal aborts. */
async function turn(line: (() => void)[], signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const come = (): void => {
    signal.removeEventListener('abort', giveUp);
    resolve();
  };
  const giveUp = (): void => {
    line.splice(line.indexOf(come), 1);
    reject(signal.reason);
  };
  signal.addEventListener('abort', giveUp, { once: true });
  line.push(come);
  await promise;
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}
