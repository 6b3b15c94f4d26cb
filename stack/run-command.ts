import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../src/command/run-command.ts';
import { loadConfig } from '../src/config/load.ts';
import { describeMissing, describeRun } from './describe-run.ts';
import { describeAlerts, relayEnvironment } from './local-relay.ts';
import { startMessageFile } from './message-file.ts';
import { defaultParts } from './parts.ts';
import { findPort } from './ports.ts';
import { startStack, type Stack } from './start-stack.ts';

const USAGE = `Usage: npm run stack
  Runs the gateway and the alert relay beside the real Collector, Prometheus, Alertmanager, Loki and trace store, all on
  loopback, with the files that production uses, and prints where each answers. Ctrl-C ends all of it. Data and logs: data/stack/, or the
  folder GLASSGATE_STACK_FOLDER. Ports are the usual ones where those are free. Settings of the gateway (GLASSGATE_...),
  of the relay (GLASSGATE_RELAY_...) and of the servers' files (GLASSGATE_STACK_...) hold as usual.
  Needs the programs that "npm run stack:install" builds.`;

const READY_POLL_MS = 100;
const ROOT = join(import.meta.dirname, '..');
const FOLDER = resolve(ROOT, process.env['GLASSGATE_STACK_FOLDER'] ?? join('data', 'stack'));
const LOG_FOLDER = join(FOLDER, 'logs');
const MESSAGE_FILE = join(LOG_FOLDER, 'alert-messages.md');
const [GATEWAY_PORT, MANAGEMENT_PORT, RELAY_PORT] = [8080, 9464, 8082];

await runCommand({ usage: USAGE, run });

/** Starts, waits for Ctrl-C or for something to end by itself, and ends everything in order. */
async function run(): Promise<void> {
  // A fault in the gateway's settings is said now, not after the servers have started.
  loadConfig();
  const told = listenForSignals();
  const parts = defaultParts();
  process.stdout.write(`${describeMissing(parts)}starting the servers ...\n`);
  const relay = { port: await findPort(RELAY_PORT), messageFile: MESSAGE_FILE };
  await using messages = await startMessageFile(MESSAGE_FILE);
  await using stack = await startStack({
    folder: FOLDER,
    parts,
    environment: {
      GLASSGATE_STACK_RELAY_URL: `http://127.0.0.1:${relay.port}/v1/alerts`,
      ...stackSettings(),
    },
    preferUsualPorts: true,
  });
  if (told.aborted) return;
  const [port, managementPort] = [await findPort(GATEWAY_PORT), await findPort(MANAGEMENT_PORT)];
  const gateway = startGateway(stack, port, managementPort);
  stack.setTargets('glassgate-scrape', [`127.0.0.1:${managementPort}`]);
  const alertRelay = startRelay(stack, relay.port, messages.url);
  stack.setTargets('alert-relay', [`127.0.0.1:${relay.port}`]);
  const gatewayEnd = once(gateway, 'exit').then(([code]) => `the gateway ended with exit code ${code}`);
  const relayEnd = once(alertRelay, 'exit').then(([code]) => `the alert relay ended with exit code ${code}`);
  const ended = Promise.race([whenAborted(told), stack.firstEnd(), gatewayEnd, relayEnd]);
  await Promise.race([ended, untilReady(gateway, managementPort)]);
  if (gateway.exitCode === null) {
    process.stdout.write(
      describeRun({
        stack,
        port,
        managementPort,
        relayPort: relay.port,
        alerts: describeAlerts(process.env, relay),
        logFolder: LOG_FOLDER,
      }),
    );
  }
  const reason = await ended;
  if (reason !== undefined) process.stderr.write(`${reason}; logs are in ${LOG_FOLDER}\n`);
  process.stdout.write('ending everything ...\n');
  // First, so that the Collector can take what it still has to say.
  for (const child of [gateway, alertRelay]) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  }
  await Promise.all([gatewayEnd, relayEnd]);
  await stack.close();
  if (reason !== undefined) process.exitCode = 1;
}

/** Or until it has ended. */
async function untilReady(gateway: ChildProcess, managementPort: number): Promise<void> {
  const isReady = () =>
    fetch(`http://127.0.0.1:${managementPort}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  const hasEnded = () => gateway.exitCode !== null || gateway.signalCode !== null;
  while (!hasEnded() && !(await isReady())) await pause(READY_POLL_MS);
}

/** Aborted by the first Ctrl-C; npm passes on a second one, which must change nothing. */
function listenForSignals(): AbortSignal {
  const told = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      told.abort();
    });
  }
  return told.signal;
}

async function whenAborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await once(signal, 'abort');
  return undefined;
}

function startGateway(stack: Stack, port: number, managementPort: number): ChildProcess {
  const folder = join(FOLDER, 'gateway');
  mkdirSync(folder, { recursive: true });
  return startProgram(stack, 'gateway', 'start.mjs', {
    GLASSGATE_STORAGE_FOLDER: folder,
    ...process.env,
    GLASSGATE_SERVER_PORT: String(port),
    GLASSGATE_SERVER_MANAGEMENT_PORT: String(managementPort),
    OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp,
  });
}

/** A process of its own, as in production: an alert on a dead gateway does not travel through the gateway. */
function startRelay(stack: Stack, port: number, messagesUrl: string): ChildProcess {
  const tokenFile = stack.environment['GLASSGATE_STACK_RELAY_TOKEN_FILE'] ?? '';
  const { otlpHttp, grafana } = stack.urls;
  const environment = relayEnvironment(
    process.env,
    { tokenFile, otlpHttp, grafana },
    { port, folder: join(FOLDER, 'alert-relay'), messagesUrl },
  );
  return startProgram(stack, 'alert-relay', join('alert-relay', 'main.ts'), environment);
}

function startProgram(stack: Stack, name: string, file: string, env: NodeJS.ProcessEnv): ChildProcess {
  const output = openSync(join(LOG_FOLDER, `${name}.log`), 'a');
  const child = spawn(process.execPath, [join(ROOT, 'src', file)], {
    cwd: ROOT,
    env,
    // Ctrl-C ends it through us, before the servers it sends to.
    detached: true,
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  if (child.pid !== undefined) stack.guard(child.pid);
  return child;
}

function stackSettings(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      key.startsWith('GLASSGATE_STACK_') && value !== undefined ? [[key, value]] : [],
    ),
  );
}
