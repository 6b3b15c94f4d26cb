import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { treeCpuMicroseconds } from '../cpu-time.ts';
import { startProgram, type Program } from '../program.ts';
import type { UpstreamMode } from '../programs/upstream-mode.ts';
import { startGatewayTarget } from './gateway.ts';
import { nginxVersion, startNginxTarget } from './nginx.ts';
import type { Target, TargetId } from './target.ts';
import {
  createTelemetryLedger,
  SPANS_PER_REQUEST,
  type TelemetryLedger,
  type TelemetryLoss,
} from './telemetry-ledger.ts';

/** Everything that runs during a bench. */
export interface Fleet {
  /** What is measured, the upstream itself first. */
  readonly targets: readonly Target[];
  /** The load generator. */
  readonly load: Program;
  setUpstream(mode: UpstreamMode): Promise<void>;
  /** CPU time of the load generator and the upstream: says whether they were the limit. */
  aroundCpuMicroseconds(): number;
  /** Telemetry that the gateway must have sent and the sink did not receive. */
  lostTelemetry(): TelemetryLoss;
  stop(): Promise<void>;
}

/** Answer records are written 20 ms after an answer, and metrics need no request to wait for them. */
const RECORD_SETTLE_MS = 100;
/** A dead Collector answers nothing that could be waited for: the time in which a live one would have had everything. */
const DEAD_SETTLE_MS = 500;
/** Less than the default, so that a round need not wait long for the last batch; under load batches fill up sooner. */
const SHORT_DELAY = { OTEL_BSP_SCHEDULE_DELAY: '200', OTEL_BLRP_SCHEDULE_DELAY: '200' };
/** Nothing listens on port 1: each export is refused at once. */
const DEAD_ENDPOINT = 'http://127.0.0.1:1';

/** Starts the upstream, the load generator and all targets, each in processes of its own. */
export async function startFleet(folder: string): Promise<Fleet> {
  const started: { stop(): Promise<void> }[] = [];
  const keep = async <Started extends { stop(): Promise<void> }>(
    starting: Promise<Started>,
  ): Promise<Started> => {
    const running = await starting;
    started.push(running);
    return running;
  };
  const stop = async () => void (await Promise.all(started.map((running) => running.stop())));
  try {
    const around = { place: 'around' } as const;
    const [upstream, load, collector] = await Promise.all(
      ['upstream', 'load', 'collector'].map((name) => keep(startProgram(name, around))),
    );
    if (upstream === undefined || load === undefined || collector === undefined)
      throw new Error('not reached');
    const ledger = createTelemetryLedger(collector);
    const targets = [
      directTarget(upstream),
      ...(nginxVersion() === undefined
        ? []
        : [await keep(startNginxTarget(join(folder, 'nginx'), upstream.port))]),
      await keep(startRelayTarget(upstream.port)),
      ...(await startGateways({ folder, upstream, collector, ledger }, keep)),
    ];
    return {
      targets,
      load,
      setUpstream: async (mode) => void (await upstream.ask(mode)),
      aroundCpuMicroseconds: () => treeCpuMicroseconds(upstream.pid) + treeCpuMicroseconds(load.pid),
      lostTelemetry: () => ledger.lost(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function directTarget({ port, pid }: Program): Target {
  return {
    id: 'direct',
    port,
    retrieval: true,
    cpuMicroseconds: () => treeCpuMicroseconds(pid),
    settle: () => Promise.resolve(),
    // The fleet stops the upstream itself.
    stop: () => Promise.resolve(),
  };
}

async function startRelayTarget(upstreamPort: number): Promise<Target> {
  const upstreamUrl = `http://127.0.0.1:${upstreamPort}`;
  const relay = await startProgram('relay', { place: 'measured', arguments: [upstreamUrl] });
  return {
    id: 'relay',
    port: relay.port,
    retrieval: true,
    cpuMicroseconds: () => treeCpuMicroseconds(relay.pid),
    settle: () => Promise.resolve(),
    stop: () => relay.stop(),
  };
}

interface GatewayParts {
  readonly folder: string;
  readonly upstream: Program;
  readonly collector: Program;
  readonly ledger: TelemetryLedger;
}

async function startGateways(
  { folder, upstream, collector, ledger }: GatewayParts,
  keep: (starting: Promise<Target>) => Promise<Target>,
): Promise<Target[]> {
  const start = (id: TargetId, environment: Record<string, string>, settle: Target['settle']) =>
    keep(
      startGatewayTarget({ id, folder: join(folder, id), upstreamPort: upstream.port, environment, settle }),
    );
  const { withRetrieval, withoutRetrieval } = SPANS_PER_REQUEST;
  const endpoint = `http://127.0.0.1:${collector.port}`;
  const off = await start('off', { OTEL_SDK_DISABLED: 'true', GLASSGATE_TELEMETRY_LOG_LEVEL: 'silent' }, () =>
    delay(RECORD_SETTLE_MS),
  );
  const on = await start('on', { ...SHORT_DELAY, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, (requests) =>
    ledger.settle(requests, withRetrieval),
  );
  const plain: Target = {
    ...on,
    id: 'plain',
    retrieval: false,
    settle: (requests) => ledger.settle(requests, withoutRetrieval),
  };
  const dead = await start('dead', { ...SHORT_DELAY, OTEL_EXPORTER_OTLP_ENDPOINT: DEAD_ENDPOINT }, () =>
    delay(DEAD_SETTLE_MS),
  );
  return [off, on, plain, dead];
}
