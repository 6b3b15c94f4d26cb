import type { Config } from '../config/schema.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import type { Children } from './children.ts';
import { startManagementServer, type ManagementServer } from './management-server.ts';
import { readMetrics, readReadiness } from './overview.ts';

/** What the management port of a primary needs. */
export interface ManagementOptions {
  readonly config: Config;
  readonly children: Children;
  readonly instruments: Instruments;
  /** Prometheus text of the primary itself. */
  readonly ownMetrics: () => Promise<string>;
  /** From here on the gateway is not ready. */
  readonly ending: AbortSignal;
}

/** Readiness is asked this often, so that the gauge that is pushed over OTLP is not older. */
const READINESS_INTERVAL_MS = 1000;

/** Serves the health of the gateway and the metrics of all its processes until the process ends. */
export async function startManagement(options: ManagementOptions): Promise<ManagementServer> {
  const { config, children, instruments, ownMetrics, ending } = options;
  const sources = {
    workers: () => children.workers.positions(),
    model: () => children.model(),
    ownMetrics,
    isEnding: () => ending.aborted,
  };
  const readiness = async () => {
    const { readyWorkers, ...state } = await readReadiness(sources);
    instruments['glassgate.workers.ready'].record(readyWorkers, {});
    return state;
  };
  const timer = setInterval(() => void readiness(), READINESS_INTERVAL_MS);
  ending.addEventListener('abort', () => clearInterval(timer), { once: true });
  return startManagementServer({
    host: config.server.management_host,
    port: config.server.management_port,
    metrics: async () => {
      await readiness();
      return readMetrics(sources);
    },
    readiness,
  });
}
