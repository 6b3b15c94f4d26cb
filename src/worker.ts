import type { Config } from './config/schema.ts';
import { startGateway, type GatewayOptions, type GatewayReadiness } from './gateway.ts';
import { createInstruments } from './telemetry/instruments.ts';
import { closeLog, log, startLog } from './telemetry/log.ts';
import { startTelemetry } from './telemetry/sdk.ts';

/** One worker process that answers on the public port. */
export interface RunningWorker {
  readonly port: number;
  readiness(): GatewayReadiness;
  /** Prometheus text of this process, every sample with `worker="<slot>"`. */
  metricsText(): Promise<string>;
  /** Stops accepting, lets open answers end within the configured time, stores and exports what is left. */
  drain(): Promise<void>;
}

/** Which worker it is. */
export interface WorkerOptions extends GatewayOptions {
  /** Stable number: a restarted worker continues the series of the one before. */
  readonly slot: number;
}

/** Time to export what is left; a dead Collector must not eat the time of a deployment. */
const FLUSH_TIMEOUT_MS = 3000;

/** Starts telemetry, then the gateway, so that nothing happens unseen. */
export async function startWorker(config: Config, options: WorkerOptions): Promise<RunningWorker> {
  const telemetry = startTelemetry({ role: 'worker', slot: options.slot });
  const instruments = createInstruments();
  startLog({
    level: config.telemetry.log_level,
    base: { worker: options.slot },
    onDrop: () => instruments['glassgate.log.dropped'].record(1, {}),
  });
  const gateway = await startGateway(config, options);
  log.info('server.listening', { port: gateway.port });
  return {
    port: gateway.port,
    readiness: () => gateway.readiness(),
    metricsText: () => telemetry.metricsText(),
    async drain() {
      await gateway.drain();
      log.info('server.stopped');
      await telemetry.shutdown(FLUSH_TIMEOUT_MS);
      await closeLog();
    },
  };
}
