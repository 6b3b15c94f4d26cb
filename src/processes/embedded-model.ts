import { fork } from 'node:child_process';
import { watchChild, type Child, type ChildExit } from './child.ts';
import { keepRunning, type Keeper, type StartReason } from './keeper.ts';

/** What the embedded model's process needs. */
export interface EmbeddedModelOptions {
  /** Its entry file. */
  readonly entry: string;
  readonly onStart: (reason: StartReason, child: Child) => void;
  readonly onExit: (exit: ChildExit & { readonly planned: boolean }) => void;
}

/** Keeps the embedded model running on loopback; after a restart it listens where it did before. */
export function startEmbeddedModel({ entry, onStart, onExit }: EmbeddedModelOptions): Keeper {
  let port = 0;
  const rememberPort = async (child: Child) => {
    port = (await child.listening) ?? port;
  };
  const start = (reason: StartReason): Child => {
    const child = watchChild(
      fork(entry, [], {
        // In a process group of its own: Ctrl-C in a terminal must not take the model from answers that still drain.
        detached: true,
        env: { ...process.env, GLASSGATE_EXTRACTIVE_PORT: String(port) },
      }),
    );
    void rememberPort(child);
    onStart(reason, child);
    return child;
  };
  return keepRunning({ start, reason: 'first', onExit });
}
