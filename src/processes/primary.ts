import { createInstruments } from '../telemetry/instruments.ts';
import { closeLog, log, startLog } from '../telemetry/log.ts';
import { startTelemetry } from '../telemetry/sdk.ts';
import { createChildLog } from './child-log.ts';
import { createChildren } from './children.ts';
import { loadConfigInForce } from './config-in-force.ts';
import { startDailyPrune } from './daily-prune.ts';
import { ingestHandbook } from './ingest-handbook.ts';
import { startManagement } from './management.ts';
import { startReloader } from './reloader.ts';
import { handleSignals } from './signals.ts';
import { checkStart } from './start-checks.ts';

/** For each of the last two steps: with the workers' own time all ends within the drain timeout and ten seconds. */
const LAST_STEPS_TIMEOUT_MS = 700;

/** Runs the primary: supervises the model and the workers, serves the management port, ends in order. */
export async function runPrimary(): Promise<void> {
  const first = loadConfigInForce(0);
  const { config } = first;
  await checkStart(config);
  const telemetry = startTelemetry({ role: 'primary' });
  const instruments = createInstruments();
  startLog({
    level: config.telemetry.log_level,
    base: { process: 'primary' },
    onDrop: () => instruments['glassgate.log.dropped'].record(1, {}),
  });
  const children = createChildren(first, createChildLog(instruments));
  const ending = new AbortController();
  const management = await startManagement({
    config,
    children,
    instruments,
    ownMetrics: () => telemetry.metricsText(),
    ending: ending.signal,
  });
  const end = async () => {
    ending.abort();
    log.info('server.draining');
    await children.workers.stop();
    await children.stopModel(LAST_STEPS_TIMEOUT_MS);
    log.info('server.stopped');
    await telemetry.shutdown(LAST_STEPS_TIMEOUT_MS);
    await exit(0);
  };
  const abort = () => {
    children.kill();
    void exit(1);
  };
  let reload: (() => void) | undefined;
  handleSignals({ stop: () => void end().catch(abort), abort, reload: () => reload?.() });

  await ingestHandbook(config.storage.folder);
  const port = await children.start();
  if (port === undefined) return;
  reload = startReloader({ first, apply: (next) => children.apply(next), ending: ending.signal });
  startDailyPrune({
    folder: config.storage.folder,
    retentionDays: () => children.retentionDays(),
    ending: ending.signal,
  });
  announce(config.server.host, port, management.port);
}

async function exit(code: number): Promise<void> {
  await closeLog();
  process.exit(code);
}

/** One log line for programs, one sentence for people; the sentence goes to standard error, which carries no log lines. */
function announce(host: string, port: number, managementPort: number): void {
  log.info('server.listening', { host, port, management_port: managementPort });
  const address = host.includes(':') ? `[${host}]` : host;
  process.stderr.write(
    `Glassgate answers at http://${address}:${port} (chat page; the API is under /v1). ` +
      `Health and metrics: port ${managementPort}. Stop with Ctrl-C.\n`,
  );
}
