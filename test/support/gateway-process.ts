import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from './free-port.ts';
import { waitUntil } from './wait-until.ts';

/** A line of the gateway's log. */
type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

/** How a process ended, and how long that took after the signal. */
interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly durationMs: number;
}

/** The whole gateway as its user runs it: a primary with its children, on loopback ports of its own. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly managementUrl: string;
  readonly pid: number;
  readonly folder: string;
  readonly exited: Promise<Omit<ProcessEnd, 'durationMs'>>;
  /** Process ids by slot, of workers that have not exited. */
  workerPids(): ReadonlyMap<number, number>;
  /** Of all children that have not exited. */
  childPids(): readonly number[];
  logs(event?: string): readonly LogLine[];
  /** Everything written to standard error. */
  errors(): string;
  readiness(): Promise<{ status: number; ready: boolean; missing: string[] }>;
  metrics(): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  stop(signal?: NodeJS.Signals): Promise<ProcessEnd>;
}

/** What differs from the defaults. */
export interface GatewayProcessOptions {
  /** Environment variables beside those the tests always set. */
  readonly env?: Readonly<Record<string, string>>;
  /** The model server; without it the embedded model answers. */
  readonly upstreamUrl?: string;
  /** Another program than the gateway's own. */
  readonly entry?: string;
  /** A data folder of an earlier run. It is kept. */
  readonly folder?: string;
  /** `listening`: as soon as the management port answers. Default: when questions are answered. */
  readonly waitFor?: 'ready' | 'listening' | 'nothing';
  /** File that takes standard output instead of the test, which then sees no logs. */
  readonly outputFile?: string;
}

const ROOT = join(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 20_000;

/** Starts the real program in processes of its own and waits until it is ready. Use it with `await using`. */
export async function startGateway(options: GatewayProcessOptions = {}): Promise<GatewayProcess> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'glassgate-process-'));
  const [port, managementPort] = [await findFreePort(), await findFreePort()];
  const env = {
    ...withoutSettings(process.env),
    GLASSGATE_SERVER_PORT: String(port),
    GLASSGATE_SERVER_MANAGEMENT_PORT: String(managementPort),
    GLASSGATE_SERVER_WORKERS: '2',
    GLASSGATE_STORAGE_FOLDER: folder,
    ...(options.upstreamUrl === undefined ? {} : { GLASSGATE_UPSTREAM_URL: options.upstreamUrl }),
    ...options.env,
  };
  const output = options.outputFile === undefined ? 'pipe' : openSync(options.outputFile, 'w');
  const child = spawn(process.execPath, [options.entry ?? 'src/start.mjs'], {
    cwd: ROOT,
    env,
    stdio: ['ignore', output, 'pipe'],
  });
  if (typeof output === 'number') closeSync(output);
  const gateway = createGatewayProcess(child, { port, managementPort, folder });
  const { waitFor = 'ready' } = options;
  try {
    if (waitFor !== 'nothing') await untilStarted(gateway, waitFor);
  } catch (error) {
    await gateway[Symbol.asyncDispose]();
    throw new Error(`the gateway did not start:\n${gateway.errors()}${JSON.stringify(gateway.logs())}`, {
      cause: error,
    });
  }
  return {
    ...gateway,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whether a process of this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function createGatewayProcess(
  child: ChildProcess,
  { port, managementPort, folder }: { port: number; managementPort: number; folder: string },
): GatewayProcess {
  const lines = collect(child.stdout);
  const errors = collect(child.stderr);
  const exited = once(child, 'exit').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
  }));
  const managementUrl = `http://127.0.0.1:${managementPort}`;
  const logs = (event?: string) =>
    lines()
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogLine)
      .filter((line) => event === undefined || line.event === event);
  const signal = (name: NodeJS.Signals) => void child.kill(name);
  return {
    url: `http://127.0.0.1:${port}`,
    managementUrl,
    pid: child.pid ?? 0,
    folder,
    exited,
    logs,
    errors,
    workerPids: () =>
      new Map(runningChildren(logs()).flatMap(({ slot, pid }) => (slot < 0 ? [] : [[slot, pid]]))),
    childPids: () => runningChildren(logs()).map(({ pid }) => pid),
    readiness: async () => {
      const response = await fetch(`${managementUrl}/readyz`);
      const body = (await response.json()) as { ready: boolean; missing: string[] };
      return { status: response.status, ...body };
    },
    metrics: async () => (await fetch(`${managementUrl}/metrics`)).text(),
    signal,
    stop: async (name = 'SIGTERM') => {
      const startedAt = performance.now();
      signal(name);
      return { ...(await exited), durationMs: performance.now() - startedAt };
    },
    [Symbol.asyncDispose]: async () => {
      const children = runningChildren(logs());
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
      for (const { pid } of children) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    },
  };
}

/** Which children the log says were started and have not exited; slot -1 is the embedded model. */
function runningChildren(logs: readonly LogLine[]): { slot: number; pid: number }[] {
  const running = new Map<number, number>();
  for (const { event, slot, child_pid: pid } of logs) {
    if (event === 'worker.started') running.set(Number(slot ?? -1), Number(pid));
    if (event === 'worker.exited') running.delete(Number(slot ?? -1));
  }
  return Array.from(running, ([slot, pid]) => ({ slot, pid }));
}

async function untilStarted(gateway: GatewayProcess, what: 'ready' | 'listening'): Promise<void> {
  let hasExited = false;
  void gateway.exited.then(() => (hasExited = true));
  await waitUntil(
    `the gateway is ${what}`,
    async () => {
      if (hasExited) throw new Error('the gateway exited');
      const state = await gateway.readiness().catch(() => undefined);
      // All workers, not one: a test that counts on both must not begin with one.
      return state !== undefined && (what === 'listening' || (state.ready && state.missing.length === 0));
    },
    START_TIMEOUT_MS,
  );
}

function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([key]) => !key.startsWith('GLASSGATE_') && !key.startsWith('OTEL_')),
  );
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (part: string) => (text += part));
  return () => text;
}
