import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { treeCpuMicroseconds } from '../cpu-time.ts';
import { pinned } from '../pinning.ts';
import type { Target, TargetId } from './target.ts';

const ROOT = join(import.meta.dirname, '../..');
const ADDRESS = /answers at http:\/\/127\.0\.0\.1:(\d+)/;
const START_TIMEOUT_MS = 60_000;

/** What differs between the gateways of one run. */
export interface GatewayTargetOptions {
  readonly id: TargetId;
  /** For its data and its log. */
  readonly folder: string;
  readonly upstreamPort: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly settle: Target['settle'];
}

/** Starts the real program, as an operator does, with one worker and the handbook as its corpus. */
export async function startGatewayTarget(options: GatewayTargetOptions): Promise<Target> {
  mkdirSync(options.folder, { recursive: true });
  const [command = '', ...rest] = pinned([process.execPath, 'src/start.mjs'], 'measured');
  const logFile = openSync(join(options.folder, 'gateway.log'), 'w');
  const child = spawn(command, rest, {
    cwd: ROOT,
    env: environmentOf(options),
    stdio: ['ignore', logFile, 'pipe'],
  });
  closeSync(logFile);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pid = child.pid ?? 0;
  return {
    id: options.id,
    port: await announcedPort(child),
    retrieval: true,
    cpuMicroseconds: () => treeCpuMicroseconds(pid),
    settle: options.settle,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** Only what is named here: settings of whoever runs the bench must not change what is measured. */
function environmentOf({ folder, upstreamPort, environment }: GatewayTargetOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GLASSGATE_SERVER_WORKERS: '1',
    GLASSGATE_SERVER_PORT: '0',
    GLASSGATE_SERVER_MANAGEMENT_PORT: '0',
    GLASSGATE_STORAGE_FOLDER: join(folder, 'data'),
    GLASSGATE_UPSTREAM_URL: `http://127.0.0.1:${upstreamPort}`,
    ...environment,
  };
}

async function announcedPort(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let said = '';
  const timer = setTimeout(() => reject(new Error(`the gateway did not start: ${said}`)), START_TIMEOUT_MS);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
    const port = ADDRESS.exec(said)?.[1];
    if (port !== undefined) resolve(Number(port));
  });
  child.once('exit', (code) => reject(new Error(`the gateway ended with code ${code}: ${said}`)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
