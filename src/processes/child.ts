import type { ChildProcess } from 'node:child_process';
import { isMessageFromChild, type MessageToChild, type Question } from './messages.ts';

/** How a child process ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One child process as the primary sees it: worker or embedded model. */
export interface Child {
  readonly pid: number | undefined;
  /** The port it listens on; `undefined` when it ended before it did. */
  readonly listening: Promise<number | undefined>;
  readonly exited: Promise<ChildExit>;
  /** Its answer, or `undefined` when it gave none within `timeoutMs`. */
  ask(question: Question, timeoutMs: number): Promise<unknown>;
  /** Asks it to end its work and then itself. */
  drain(): void;
  kill(signal: NodeJS.Signals): void;
}

/** Wraps a forked process whose IPC channel speaks `messages.ts`. */
export function watchChild(child: ChildProcess): Child {
  const listening = Promise.withResolvers<number | undefined>();
  const exited = Promise.withResolvers<ChildExit>();
  const waiting = new Map<number, (answer: unknown) => void>();
  let lastId = 0;

  const end = (code: number | null, signal: NodeJS.Signals | null) => {
    exited.resolve({ code, signal });
    listening.resolve(undefined);
    for (const answer of waiting.values()) answer(undefined);
  };
  child.on('exit', end);
  // A process that cannot be started emits only this; a failed send is known by its exit.
  child.on('error', () => child.pid === undefined && end(null, null));
  child.on('message', (message) => {
    if (!isMessageFromChild(message)) return;
    if (message.type === 'listening') listening.resolve(message.port);
    else waiting.get(message.id)?.(message.answer);
  });

  const send = (message: MessageToChild) => {
    // The callback takes the error of a channel that closes meanwhile; the exit tells the rest.
    if (child.connected) child.send(message, () => undefined);
  };
  return {
    pid: child.pid,
    listening: listening.promise,
    exited: exited.promise,
    ask: async (question, timeoutMs) => {
      if (!child.connected) return undefined;
      const id = ++lastId;
      const { promise, resolve } = Promise.withResolvers<unknown>();
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      waiting.set(id, resolve);
      send({ type: 'ask', id, question });
      const answer = await promise;
      clearTimeout(timer);
      waiting.delete(id);
      return answer;
    },
    drain: () => send({ type: 'drain' }),
    kill: (signal) => void child.kill(signal),
  };
}
