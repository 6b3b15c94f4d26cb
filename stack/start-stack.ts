import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startGuardian } from './guardian.ts';
import { defaultParts, describePart, PARTS, type PartName } from './parts.ts';
import { prepareAlertmanager, preparePrometheus, writeTargets, type AlertTiming } from './prepare-files.ts';
import { createServerProcess, type ServerProcess } from './server-process.ts';
import { stackEnvironment, type StackEnvironment } from './stack-environment.ts';
import { choosePorts, type StackPorts } from './stack-ports.ts';

/** What a stack is made of. */
export interface StackOptions {
  /** Where configuration, data and logs of this stack go; made if it is not there, never removed. */
  readonly folder: string;
  /** Default: all that are installed. */
  readonly parts?: readonly PartName[];
  /** `GLASSGATE_STACK_*` values that replace the stack's own. */
  readonly environment?: StackEnvironment;
  /** `short`: the rules and routes of production with their waiting times shortened (short-timing.ts). */
  readonly alertTiming?: AlertTiming;
  /** Ports that people know, where they are free. */
  readonly preferUsualPorts?: boolean;
}

/** Where the servers of a stack answer. */
export interface StackUrls {
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
  readonly collectorHealth: string;
  readonly collectorMetrics: string;
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly loki: string;
  /** Jaeger's pages and query API. */
  readonly traces: string;
  readonly tempo?: string;
  readonly grafana?: string;
}

/** Running servers, each of which can be stopped, killed and started again at its port with its data. */
export interface Stack extends AsyncDisposable {
  readonly folder: string;
  readonly parts: readonly PartName[];
  readonly urls: StackUrls;
  readonly environment: StackEnvironment;
  /** Fails when the part does not run. */
  pidOf(part: PartName): number;
  stop(part: PartName): Promise<void>;
  kill(part: PartName): Promise<void>;
  start(part: PartName): Promise<void>;
  logOf(part: PartName): string;
  logFileOf(part: PartName): string;
  /** Tells Prometheus what to scrape for a job of prometheus.yml, such as `glassgate-scrape` or `vllm`. */
  setTargets(job: string, addresses: readonly string[]): void;
  /** Ends one more process, such as a gateway, should this program go without doing it. */
  guard(pid: number): void;
  /** Resolves with why, when one of the servers ends that now run. */
  firstEnd(): Promise<string>;
  close(): Promise<void>;
}

/** Starts the servers with the files that production uses and resolves when each says that it is ready. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = resolve(options.folder);
  const wanted = options.parts ?? defaultParts();
  const parts = PARTS.filter((part) => wanted.includes(part));
  const ports = await choosePorts(options.preferUsualPorts ?? false);
  const environment = {
    ...stackEnvironment(folder, ports, parts.includes('tempo') ? 'tempo' : 'jaeger'),
    ...options.environment,
  };
  // Before anything runs: a program that is not installed is found here.
  const described = parts.map((name) => ({
    name,
    ...describePart(name, { folder, ports, environment, parts }),
  }));
  prepare(folder, parts, ports, environment, options.alertTiming ?? 'production');
  const guardian = startGuardian();
  const servers = new Map(
    described.map((part) => {
      const where = { folder, logFile: logFile(folder, part.name), guardian };
      return [part.name, createServerProcess({ ...part, ...where })];
    }),
  );
  const close = async () => {
    // One after the other: who receives outlives who sends.
    for (const server of servers.values()) await server.stop();
    guardian.close();
  };
  const outcomes = await Promise.allSettled(Array.from(servers.values(), (server) => server.start()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) {
    await close();
    throw failed.reason;
  }
  return createStack({
    folder,
    parts,
    environment,
    urls: urlsOf(ports, parts),
    servers,
    close,
    guard: (pid) => {
      guardian.add(pid);
    },
  });
}

type StackState = Pick<Stack, 'folder' | 'parts' | 'environment' | 'urls' | 'guard' | 'close'> & {
  readonly servers: ReadonlyMap<PartName, ServerProcess>;
};

function createStack({ servers, ...state }: StackState): Stack {
  const serverOf = (part: PartName): ServerProcess => {
    const server = servers.get(part);
    if (server === undefined) throw new Error(`${part} is no part of this stack`);
    return server;
  };
  return {
    ...state,
    pidOf(part) {
      const pid = serverOf(part).pid();
      if (pid === undefined) throw new Error(`${part} does not run`);
      return pid;
    },
    stop: (part) => serverOf(part).stop(),
    kill: (part) => serverOf(part).kill(),
    start: (part) => serverOf(part).start(),
    logFileOf: (part) => logFile(state.folder, serverOf(part).name),
    logOf: (part) => readFileSync(logFile(state.folder, serverOf(part).name), 'utf8'),
    setTargets(job, addresses) {
      writeTargets(state.folder, job, addresses);
    },
    firstEnd: () => Promise.race(Array.from(servers.values(), (server) => server.ended())),
    [Symbol.asyncDispose]: state.close,
  };
}

function prepare(
  folder: string,
  parts: readonly PartName[],
  ports: StackPorts,
  environment: StackEnvironment,
  timing: AlertTiming,
): void {
  mkdirSync(folder, { recursive: true });
  if (parts.includes('alertmanager')) prepareAlertmanager(folder, timing, environment);
  if (!parts.includes('prometheus')) return;
  preparePrometheus(folder, timing);
  const targets: Readonly<Partial<Record<PartName, [string, number]>>> = {
    'otel-collector': ['otelcol', ports.collectorMetrics],
    prometheus: ['prometheus', ports.prometheus],
    alertmanager: ['alertmanager', ports.alertmanager],
    loki: ['loki', ports.loki],
    tempo: ['tempo', ports.tempo],
    grafana: ['grafana', ports.grafana],
  };
  for (const [part, [job, port]] of Object.entries(targets)) {
    writeTargets(folder, job, parts.includes(part as PartName) ? [`127.0.0.1:${port}`] : []);
  }
  for (const job of ['glassgate-scrape', 'vllm', 'alert-relay']) writeTargets(folder, job, []);
}

function urlsOf(ports: StackPorts, parts: readonly PartName[]): StackUrls {
  const url = (port: keyof StackPorts) => `http://127.0.0.1:${ports[port]}`;
  return {
    otlpHttp: url('otlpHttp'),
    otlpGrpc: url('otlpGrpc'),
    collectorHealth: url('collectorHealth'),
    collectorMetrics: `${url('collectorMetrics')}/metrics`,
    prometheus: url('prometheus'),
    alertmanager: url('alertmanager'),
    loki: url('loki'),
    traces: url('jaegerQuery'),
    ...(parts.includes('tempo') ? { tempo: url('tempo') } : {}),
    ...(parts.includes('grafana') ? { grafana: url('grafana') } : {}),
  };
}

function logFile(folder: string, part: string): string {
  return join(folder, 'logs', `${part}.log`);
}
