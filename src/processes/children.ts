import { startLimiterInPrimary } from '../access/request-limiter.ts';
import type { Config } from '../config/schema.ts';
import type { Child } from './child.ts';
import type { ChildLog } from './child-log.ts';
import { isEmbedded, type ConfigInForce } from './config-in-force.ts';
import { startEmbeddedModel } from './embedded-model.ts';
import { forkWorker, prepareCluster } from './fork-worker.ts';
import type { Keeper } from './keeper.ts';
import { askReadiness } from './overview.ts';
import { createWorkerPool, type Environment, type WorkerPool } from './worker-pool.ts';

/** Beyond the drain time: flushing telemetry, writing answers, closing files. */
const FLUSH_TIMEOUT_MS = 7500;

/** All child processes of the primary. */
export interface Children {
  readonly workers: WorkerPool;
  model(): Child | undefined;
  /** Of the configuration in force. */
  retentionDays(): number;
  /** Starts the model if it is needed, then the workers; resolves with the public port. */
  start(): Promise<number | undefined>;
  /** Puts a changed configuration into force; false when workers do not work with it. */
  apply(next: ConfigInForce): Promise<boolean>;
  /** Ends the model, which nobody asks any more once the workers are gone. */
  stopModel(timeoutMs: number): Promise<void>;
  /** Ends all at once. */
  kill(): void;
}

/** Prepares the cluster and creates the children's keepers; nothing is forked yet. */
export function createChildren(first: ConfigInForce, childLog: ChildLog): Children {
  startLimiterInPrimary();
  prepareCluster();
  let config: Config = first.config;
  let model: Keeper | undefined;
  let modelEnvironment: Environment = {};
  const workers = createWorkerPool({
    start: (slot, environment, reason) => {
      const child = forkWorker(slot, { ...environment, ...modelEnvironment });
      childLog.started({ kind: 'worker', slot }, reason, child);
      return child;
    },
    onExit: (slot, exit) => childLog.exited({ kind: 'worker', slot }, exit),
    isReady: async (child) => (await askReadiness(child)).ready,
    stopTimeoutMs: () => config.server.drain_timeout_ms + FLUSH_TIMEOUT_MS,
  });
  return {
    workers,
    model: () => model?.child(),
    retentionDays: () => config.storage.retention_days,
    start: async () => {
      if (isEmbedded(config)) {
        model = startEmbeddedModel({
          kind: config.upstream.embedded_model,
          onStart: (reason, child) => childLog.started({ kind: 'embedded_model' }, reason, child),
          onExit: (exit) => childLog.exited({ kind: 'embedded_model' }, exit),
        });
        const port = await model.firstListening;
        modelEnvironment = { GLASSGATE_EMBEDDED_URL: `http://127.0.0.1:${port}` };
      }
      return workers.start(config.server.workers, first.environment);
    },
    apply: async (next) => {
      const applied = await workers.replaceAll(next.config.server.workers, next.environment);
      if (applied) config = next.config;
      return applied;
    },
    stopModel: async (timeoutMs) => model?.stop(timeoutMs),
    kill: () => {
      for (const { keeper } of workers.positions()) keeper.child()?.kill('SIGKILL');
      model?.child()?.kill('SIGKILL');
    },
  };
}
