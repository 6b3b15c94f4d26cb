import cluster from 'node:cluster';
import { ConfigError } from './config/load.ts';
import { StartFault } from './processes/start-fault.ts';
import { NewerDatabaseError } from './storage/migrate.ts';

/** `EX_CONFIG`: a supervisor need not try again before somebody has changed a setting. */
const EXIT_CONFIG = 78;

try {
  await (cluster.isPrimary ? runPrimary() : runWorker());
} catch (error) {
  const { message, exitCode } = explain(error);
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}

// Each kind of process loads only what it runs.
async function runPrimary(): Promise<void> {
  const primary = await import('./processes/primary.ts');
  await primary.runPrimary();
}

async function runWorker(): Promise<void> {
  const [{ runWorkerProcess }, { startWorker }] = await Promise.all([
    import('./processes/worker-process.ts'),
    import('./worker.ts'),
  ]);
  await runWorkerProcess(startWorker);
}

/** What a person can repair is told in words; of everything else the stack helps. */
function explain(error: unknown): { message: string; exitCode: number } {
  if (error instanceof ConfigError) return { message: error.message, exitCode: EXIT_CONFIG };
  if (error instanceof StartFault) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof NewerDatabaseError) return { message: error.message, exitCode: 1 };
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}
