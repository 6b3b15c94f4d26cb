import cluster from 'node:cluster';
import { loadConfig } from '../config/load.ts';
import type { startWorker } from '../worker.ts';
import { answerPrimary, sendToPrimary } from './answer-primary.ts';

/** Builds the worker itself; a test may hand in another. */
export type StartWorker = typeof startWorker;

type Worker = Awaited<ReturnType<StartWorker>>;

/**
 * The worker's life: starts, says where it listens, answers the primary's questions,
 * and ends when told to, or by itself when the primary is gone.
 */
export async function runWorkerProcess(startWorker: StartWorker): Promise<void> {
  // Ctrl-C and a supervisor's SIGTERM reach the whole group: the primary decides when each worker drains.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const starting = startWorker(loadConfig(), {
    slot: Number(process.env['GLASSGATE_WORKER_SLOT']),
    embeddedUrl: process.env['GLASSGATE_EMBEDDED_URL'],
  });
  let ending: Promise<void> | undefined;
  const end = () => (ending ??= drainAndExit(starting));
  cluster.worker?.once('disconnect', () => {
    // Node would end a worker without its primary at once; its open answers may end first.
    if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
    void end();
  });
  answerPrimary({
    metrics: async () => (await starting).metricsText(),
    readiness: async () => (await starting).readiness(),
    drain: () => void end(),
  });
  const { port } = await starting;
  sendToPrimary({ type: 'listening', port });
}

async function drainAndExit(starting: Promise<Worker>): Promise<void> {
  try {
    const worker = await starting;
    await worker.drain();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  }
}
