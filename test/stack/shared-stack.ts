import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { describeMissing } from '../../stack/describe-run.ts';
import { defaultParts } from '../../stack/parts.ts';
import { startStack, type Stack, type StackUrls } from '../../stack/start-stack.ts';
import { startFakeDingTalk } from '../support/fake-dingtalk.ts';
import { FAKE_MODEL } from '../support/fake-upstream.ts';
import { findFreePort } from '../support/free-port.ts';
import { startGateway } from '../support/gateway-process.ts';
import { startModelServer } from '../support/model-server.ts';
import { RELAY_TOKEN, startRelayProcess, webhook } from '../support/relay-process.ts';
import { startSteadyTraffic } from '../support/steady-traffic.ts';

/** The one stack that all test files of a run look at: a gateway in use and every server behind it. Nobody stops its parts. */
export interface SharedStack {
  readonly urls: StackUrls;
  /** Configuration, data and logs (`logs/<part>.log`) of the servers. */
  readonly folder: string;
  readonly pids: Readonly<Record<string, number>>;
  readonly gateway: {
    readonly url: string;
    readonly managementUrl: string;
    readonly pid: number;
    /** Standard output of all its processes, JSON lines. */
    readonly logFile: string;
  };
  readonly model: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    sharedStack: SharedStack;
  }
}

let end: (() => Promise<void>) | undefined;

/** Starts it before the first test file, if any file of this run asks for it by `inject('sharedStack')`. */
export async function setup(project: TestProject): Promise<void> {
  if (!isAskedFor(project)) return;
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-stack-'));
  const ending = new AsyncDisposableStack();
  ending.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  end = () => ending.disposeAsync();
  try {
    project.provide('sharedStack', await start(folder, ending));
  } catch (error) {
    await end();
    throw error;
  }
}

/** Ends it after the last one: traffic first, then the gateway, which sends what it still holds, then the servers. */
export async function teardown(): Promise<void> {
  await end?.();
}

async function start(folder: string, ending: AsyncDisposableStack): Promise<SharedStack> {
  const parts = defaultParts();
  process.stdout.write(describeMissing(parts));
  const relayPort = await findFreePort();
  const tokenFile = join(folder, 'relay-token');
  writeFileSync(tokenFile, RELAY_TOKEN);
  const environment = {
    GLASSGATE_STACK_RELAY_URL: `http://127.0.0.1:${relayPort}/v1/alerts`,
    GLASSGATE_STACK_RELAY_TOKEN_FILE: tokenFile,
  };
  const stack = ending.use(await startStack({ folder: join(folder, 'servers'), parts, environment }));
  await startRelay(stack, relayPort, join(folder, 'relay'), ending);
  const model = await startModelServer();
  ending.defer(() => model.close());
  const logFile = join(folder, 'gateway.log');
  const gateway = await startGateway({
    folder: join(folder, 'gateway'),
    upstreamUrl: model.url,
    outputFile: logFile,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp },
  });
  stack.guard(gateway.pid);
  ending.defer(async () => void (await gateway.stop()));
  stack.setTargets('glassgate-scrape', [new URL(gateway.managementUrl).host]);
  const traffic = startSteadyTraffic(gateway.url);
  ending.defer(() => traffic.stop());
  return {
    urls: stack.urls,
    folder: stack.folder,
    pids: Object.fromEntries(stack.parts.map((part) => [part, stack.pidOf(part)])),
    gateway: { url: gateway.url, managementUrl: gateway.managementUrl, pid: gateway.pid, logFile },
    model: FAKE_MODEL,
  };
}

/** One message has gone through it, so that its counters are there. */
async function startRelay(
  stack: Stack,
  port: number,
  folder: string,
  ending: AsyncDisposableStack,
): Promise<void> {
  const robot = ending.use(await startFakeDingTalk({ token: 'robot' }));
  const relay = await startRelayProcess({
    GLASSGATE_RELAY_PORT: String(port),
    GLASSGATE_RELAY_DINGTALK_URL: robot.url,
    GLASSGATE_RELAY_FOLDER: folder,
    OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp,
  });
  ending.use(relay);
  stack.guard(relay.pid);
  await relay.post(webhook('Example'));
  stack.setTargets('alert-relay', [`127.0.0.1:${port}`]);
}

/** Some test files start servers of their own and need none of this. */
function isAskedFor(project: TestProject): boolean {
  const files = project.vitest.state.getPaths();
  return files.some((file) => readFileSync(file, 'utf8').includes("inject('sharedStack')"));
}
