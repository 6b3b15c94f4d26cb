import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startStack, type StackUrls } from '../../stack/start-stack.ts';
import { startVllm } from '../../stack/vllm/start-vllm.ts';
import { startGateway } from '../support/gateway-process.ts';

/** The one vLLM that all test files of a run ask, the gateway in front of it and the servers that hear of both. */
export interface SharedVllm {
  readonly urls: StackUrls;
  /** Of vLLM itself, past the gateway. */
  readonly url: string;
  readonly address: string;
  readonly model: string;
  readonly gateway: { readonly url: string; readonly managementUrl: string };
}

declare module 'vitest' {
  interface ProvidedContext {
    sharedVllm: SharedVllm;
  }
}

/** So few that a test can fill them: four run, two wait, the next one is refused. */
export const PLACES = { running: 4, waiting: 2 } as const;

const FLAGS = [
  `--max-num-seqs=${PLACES.running}`,
  // Despite its name it counts those that run as well.
  `--max-num-queued-reqs=${PLACES.running + PLACES.waiting}`,
];

let end: (() => Promise<void>) | undefined;

/** Starts it before the first test file: a minute or several, so once for all. */
export async function setup(project: TestProject): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-vllm-'));
  const ending = new AsyncDisposableStack();
  ending.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  end = () => ending.disposeAsync();
  try {
    project.provide('sharedVllm', await start(folder, ending));
  } catch (error) {
    await end();
    throw error;
  }
}

/** Ends all of it; fails when a process of vLLM is left. */
export async function teardown(): Promise<void> {
  await end?.();
}

async function start(folder: string, ending: AsyncDisposableStack): Promise<SharedVllm> {
  const parts = ['otel-collector', 'prometheus', 'loki', 'jaeger'] as const;
  const stack = ending.use(
    await startStack({ folder: join(folder, 'servers'), parts, alertTiming: 'short' }),
  );
  const vllm = ending.use(
    await startVllm({ folder: join(folder, 'vllm'), otlpEndpoint: stack.urls.otlpGrpc, flags: FLAGS }),
  );
  process.stdout.write(`vLLM answers after ${(vllm.startMs / 1000).toFixed(0)} s\n`);
  const gateway = await startGateway({
    folder: join(folder, 'gateway'),
    upstreamUrl: vllm.url,
    outputFile: join(folder, 'gateway.log'),
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp,
      // Enough tries to outlast a model server that a test keeps busy for a second or two.
      GLASSGATE_UPSTREAM_MAX_RETRIES: '5',
    },
  });
  stack.guard(gateway.pid);
  ending.defer(async () => void (await gateway.stop()));
  stack.setTargets('vllm', [vllm.address]);
  return {
    urls: stack.urls,
    url: vllm.url,
    address: vllm.address,
    model: vllm.model,
    gateway: { url: gateway.url, managementUrl: gateway.managementUrl },
  };
}
