import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Guardian } from './guardian.ts';

/** One server: how it is started and how one knows that it is ready. */
export interface ServerOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly logFile: string;
  /** Answers 200 when the server is ready. */
  readonly readyUrl: string;
  readonly startTimeoutMs?: number;
  /** How long the server may take to end in order. */
  readonly stopTimeoutMs?: number;
  readonly guardian: Guardian;
}

/** A server that can be stopped, killed and started again. */
export interface ServerProcess {
  readonly name: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** Resolves when it is ready; fails with the last lines of its log. */
  start(): Promise<void>;
  /** Lets it end in order, and kills it when it takes too long. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** What it wrote to standard output and standard error since the first start. */
  log(): string;
  /** Resolves when the process that runs now ends, with why. */
  ended(): Promise<string>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const POLL_MS = 50;
const READY_TIMEOUT_MS = 2000;
const SHOWN_LINES = 15;

/** Describes a server; nothing runs until `start`. */
export function createServerProcess(options: ServerOptions): ServerProcess {
  let child: ChildProcess | undefined;
  const isRunning = () => child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const log = () => readFileSync(options.logFile, 'utf8');
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || !isRunning()) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    const limit = setTimeout(() => child?.kill('SIGKILL'), options.stopTimeoutMs ?? STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(limit);
  };
  return {
    name: options.name,
    pid: () => (isRunning() ? child?.pid : undefined),
    async start() {
      if (isRunning()) return;
      const started = launch(options);
      child = started;
      try {
        await untilReady(options, started);
      } catch (error) {
        await end('SIGKILL');
        const last = log().trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
        throw new Error(`${options.name} did not start (${options.logFile}):\n${last}`, { cause: error });
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    log,
    async ended() {
      if (child !== undefined && isRunning()) await once(child, 'exit');
      return `${options.name} ended with ${child?.signalCode ?? `exit code ${child?.exitCode}`}`;
    },
  };
}

function launch(options: ServerOptions): ChildProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const output = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.args, {
    cwd: options.folder,
    env: { ...inherited(), ...options.environment },
    stdio: ['ignore', output, output],
    // In a group of its own: Ctrl-C must not end all of them at once, out of order.
    detached: true,
  });
  closeSync(output);
  const { pid } = child;
  child.on('error', () => undefined);
  if (pid !== undefined) {
    options.guardian.add(pid);
    child.once('exit', () => {
      options.guardian.remove(pid);
    });
  }
  return child;
}

/** The servers know nothing of the gateway's settings, nor are they to trace themselves: some do as soon as OTEL_* is set. */
function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(GLASSGATE|OTEL|JAEGER|GF)_/.test(key)),
  );
}

async function untilReady(options: ServerOptions, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + (options.startTimeoutMs ?? START_TIMEOUT_MS);
  for (;;) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
      throw new Error('it ended');
    }
    const response = await fetch(options.readyUrl, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) }).catch(
      () => undefined,
    );
    await response?.body?.cancel();
    if (response?.ok === true) return;
    if (performance.now() > deadline) throw new Error('it was not ready in time');
    await pause(POLL_MS);
  }
}
