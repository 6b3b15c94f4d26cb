import { closeSync, openSync } from 'node:fs';

/** What the signals of a process mean. */
export interface SignalHandlers {
  /** SIGTERM or SIGINT: end in order. */
  readonly stop: () => void;
  /** The same again: end at once. */
  readonly abort: () => void;
  /** SIGHUP. */
  readonly reload: () => void;
  readonly now?: () => number;
  /** Whether the process has a terminal that could be closed. */
  readonly hasTerminal?: () => boolean;
}

/** npm passes a Ctrl-C on that the terminal has sent already: only a later signal is a second wish. */
const ECHO_MS = 500;

/** Listens to signals until the process ends; returns a function that stops listening. */
export function handleSignals(options: SignalHandlers): () => void {
  const { stop, abort, reload, now = Date.now, hasTerminal = canOpenTerminal } = options;
  let stoppedAt: number | undefined;
  const end = () => {
    if (stoppedAt === undefined) {
      stoppedAt = now();
      stop();
    } else if (now() - stoppedAt > ECHO_MS) abort();
  };
  const startedOnTerminal = hasTerminal();
  const hangUp = () => {
    // A closed terminal window sends the same signal; whoever started the gateway there does not expect it to stay.
    if (startedOnTerminal && !hasTerminal()) end();
    else if (stoppedAt === undefined) reload();
  };
  const handlers = [
    ['SIGTERM', end],
    ['SIGINT', end],
    ['SIGHUP', hangUp],
  ] as const;
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

function canOpenTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
