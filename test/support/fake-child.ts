import type { Child, ChildExit } from '../../src/processes/child.ts';
import type { StartReason } from '../../src/processes/keeper.ts';

/** A child whose life the test leads. */
export interface FakeChild extends Child {
  readonly reason: StartReason;
  readonly orders: string[];
  /** What it answers when it is asked whether it is ready. */
  ready: boolean;
  listen(port: number): void;
  die(exit?: Partial<ChildExit>): void;
}

/** Creates a child that lives until it is told to die or is killed. */
export function createFakeChild(reason: StartReason): FakeChild {
  const listening = Promise.withResolvers<number | undefined>();
  const exited = Promise.withResolvers<ChildExit>();
  const orders: string[] = [];
  const die = (exit: Partial<ChildExit> = {}) => {
    exited.resolve({ code: null, signal: null, ...exit });
    listening.resolve(undefined);
  };
  const child: FakeChild = {
    pid: 1,
    ready: true,
    reason,
    orders,
    listening: listening.promise,
    exited: exited.promise,
    ask: (question) =>
      Promise.resolve(
        question === 'metrics' ? '' : { ready: child.ready, missing: child.ready ? [] : ['upstream'] },
      ),
    drain: () => void orders.push('drain'),
    kill: (signal) => {
      orders.push(signal);
      die({ signal });
    },
    listen: (port) => listening.resolve(port),
    die,
  };
  return child;
}

/** Lets all promises that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
