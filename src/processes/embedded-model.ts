import { fork } from 'node:child_process';
import { join } from 'node:path';
import { watchChild, type Child, type ChildExit } from './child.ts';
import { keepRunning, type Keeper, type StartReason } from './keeper.ts';

const SOURCES = join(import.meta.dirname, '..');
/** The programs that can answer, and the variable in which each takes its port. */
const MODELS = {
  extractive: { entry: join(SOURCES, 'extractive-model/main.ts'), portVariable: 'GLASSGATE_EMBEDDED_PORT' },
  local: { entry: join(SOURCES, 'local-model/main.ts'), portVariable: 'GLASSGATE_LOCAL_MODEL_PORT' },
} as const;

/** What the embedded model's process needs. */
export interface EmbeddedModelOptions {
  readonly kind: keyof typeof MODELS;
  readonly onStart: (reason: StartReason, child: Child) => void;
  readonly onExit: (exit: ChildExit & { readonly planned: boolean }) => void;
}

/** Keeps the embedded model running on loopback; after a restart it listens where it did before. */
export function startEmbeddedModel({ kind, onStart, onExit }: EmbeddedModelOptions): Keeper {
  const { entry, portVariable } = MODELS[kind];
  let port = 0;
  const rememberPort = async (child: Child) => {
    port = (await child.listening) ?? port;
  };
  const start = (reason: StartReason): Child => {
    const child = watchChild(
      fork(entry, [], {
        // In a process group of its own: Ctrl-C in a terminal must not take the model from answers that still drain.
        detached: true,
        env: { ...process.env, [portVariable]: String(port) },
      }),
    );
    void rememberPort(child);
    onStart(reason, child);
    return child;
  };
  return keepRunning({ start, reason: 'first', onExit });
}
