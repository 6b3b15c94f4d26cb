import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { describeMissing } from '../../stack/describe-run.ts';
import { defaultParts } from '../../stack/parts.ts';
import { startStack, type StackUrls } from '../../stack/start-stack.ts';
import { FAKE_MODEL } from '../support/fake-upstream.ts';
import { startGateway } from '../support/gateway-process.ts';
import { startModelServer } from '../support/model-server.ts';
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
  const stack = ending.use(await startStack({ folder: join(folder, 'servers'), parts }));
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

/** Some test files start servers of their own and need none of this. */
function isAskedFor(project: TestProject): boolean {
  const files = project.vitest.state.getPaths();
  return files.some((file) => readFileSync(file, 'utf8').includes("inject('sharedStack')"));
}
