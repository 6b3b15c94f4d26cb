import { fork } from 'node:child_process';
import { join } from 'node:path';
import { watchChild, type Child, type ChildExit } from './child.ts';
import { keepRunning, type Keeper, type StartReason } from './keeper.ts';

const SOURCES = join(import.meta.dirname, '..');
/** The programs that can answer. */
const ENTRIES = {
  extractive: join(SOURCES, 'extractive-model/main.ts'),
  local: join(SOURCES, 'local-model/main.ts'),
} as const;

/** What the embedded model's process needs. */
export interface EmbeddedModelOptions {
  readonly kind: keyof typeof ENTRIES;
  readonly onStart: (reason: StartReason, child: Child) => void;
  readonly onExit: (exit: ChildExit & { readonly planned: boolean }) => void;
}

/** Keeps the embedded model running on loopback; after a restart it listens where it did before. */
export function startEmbeddedModel({ kind, onStart, onExit }: EmbeddedModelOptions): Keeper {
  let port = 0;
  const rememberPort = async (child: Child) => {
    port = (await child.listening) ?? port;
  };
  const start = (reason: StartReason): Child => {
    const child = watchChild(
      fork(ENTRIES[kind], [], {
        // In a process group of its own: Ctrl-C in a terminal must not take the model from answers that still drain.
        detached: true,
        env: { ...process.env, GLASSGATE_EMBEDDED_PORT: String(port) },
      }),
    );
    void rememberPort(child);
    onStart(reason, child);
    return child;
  };
  return keepRunning({ start, reason: 'first', onExit });
}
