import { ConfigError } from '../config/load.ts';
import { NewerDatabaseError } from '../storage/migrate.ts';
import { isBusy } from '../storage/open-database.ts';
import { createInstruments } from '../telemetry/instruments.ts';
import { closeLog, log, startLog } from '../telemetry/log.ts';
import { startTelemetry } from '../telemetry/sdk.ts';
import { loadRelaySettings } from './settings.ts';
import { startRelay } from './start-relay.ts';

/** `EX_CONFIG`: a supervisor need not try again before somebody has changed a setting. */
const EXIT_CONFIG = 78;
/** Time to export what is left; a dead Collector must not eat the time of a deployment. */
const FLUSH_TIMEOUT_MS = 3000;

try {
  await runRelay();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
}

/** Telemetry on, settings checked, listening until a signal says otherwise. */
async function runRelay(): Promise<void> {
  // Prometheus reads them on the relay's own page; sent by OTLP as well, everything would be counted twice.
  process.env['OTEL_METRICS_EXPORTER'] ??= 'none';
  const settings = loadRelaySettings();
  const telemetry = startTelemetry({ role: 'alert-relay' });
  const instruments = createInstruments();
  startLog({
    level: settings.log_level,
    base: { process: 'alert_relay' },
    onDrop: () => instruments['glassgate.log.dropped'].record(1, {}),
  });
  const relay = await startRelay(settings, { instruments, metrics: () => telemetry.metricsText() });
  log.info('server.listening', { host: settings.host, port: relay.port });
  let isEnding = false;
  const end = async (): Promise<void> => {
    // The relay ends within seconds whatever happens: a second signal changes nothing.
    if (isEnding) return;
    isEnding = true;
    await relay.stop();
    log.info('server.stopped');
    await telemetry.shutdown(FLUSH_TIMEOUT_MS);
    await closeLog();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end());
}

/** What a person can repair is told in words; of everything else the stack helps. */
function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof NewerDatabaseError) return error.message;
  if (isBusy(error))
    return 'Another alert relay uses this folder: set GLASSGATE_RELAY_FOLDER to another one.';
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return 'The port is in use by another program: set GLASSGATE_RELAY_PORT to another one.';
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
