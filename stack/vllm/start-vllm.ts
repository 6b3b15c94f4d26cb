import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startGuardian, type Guardian } from '../guardian.ts';
import { findPort } from '../ports.ts';
import { createServerProcess, type ServerProcess } from '../server-process.ts';
import { endGroup } from './process-group.ts';
import { pythonOf, vllmFolders, VLLM_MODEL, type VllmFolders } from './folders.ts';

/** What differs from one start to the next. */
export interface VllmOptions {
  /** Where its log goes; made if it is not there, never removed. */
  readonly folder: string;
  /** The Collector's gRPC address, as `http://127.0.0.1:4317`. */
  readonly otlpEndpoint: string;
  readonly port?: number;
  /** Flags of vLLM after those that every start has; the last one counts. */
  readonly flags?: readonly string[];
  /** Hears from a start that takes long. */
  readonly say?: (line: string) => void;
  readonly startTimeoutMs?: number;
  readonly installed?: VllmFolders;
}

/** A running vLLM with one small model. */
export interface Vllm extends AsyncDisposable {
  readonly url: string;
  /** Host and port, as Prometheus names a target. */
  readonly address: string;
  readonly model: string;
  /** Of the API server; the engine and its worker are in the same process group. */
  readonly pid: number;
  readonly startMs: number;
  log(): string;
  close(): Promise<void>;
}

/** Three processes load torch one after the other: a minute when idle, several on a busy machine. */
const START_TIMEOUT_MS = 600_000;
const STOP_TIMEOUT_MS = 30_000;
const PROGRESS_MS = 15_000;

/** Starts vLLM and resolves when it answers; fails with the last lines of its log. */
export async function startVllm(options: VllmOptions): Promise<Vllm> {
  const installed = options.installed ?? vllmFolders();
  if (!existsSync(installed.packages) || !existsSync(installed.model)) {
    throw new Error('vLLM is not installed: run "npm run stack:install:vllm"');
  }
  const port = options.port ?? (await findPort());
  const guardian = startGuardian();
  const server = describe({ ...options, installed, port }, guardian);
  const say = options.say ?? ((line) => void process.stdout.write(`${line}\n`));
  const startedAt = performance.now();
  const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(0);
  const timer = setInterval(() => {
    say(`vLLM is starting, ${seconds()} s: ${lastLine(server.log())}`);
  }, PROGRESS_MS);
  const starting = server.start();
  const pid = server.pid();
  const close = async () => {
    await server.stop();
    // It ends its engine in order; should it have gone without doing so, nothing is left behind all the same.
    if (pid !== undefined) await endGroup(pid);
    guardian.close();
  };
  try {
    await starting;
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearInterval(timer);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    address: `127.0.0.1:${port}`,
    model: VLLM_MODEL,
    pid: pid ?? 0,
    startMs: performance.now() - startedAt,
    log: () => server.log(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Described = VllmOptions & { readonly installed: VllmFolders; readonly port: number };

function describe(options: Described, guardian: Guardian): ServerProcess {
  const { folder, installed, port } = options;
  return createServerProcess({
    name: 'vllm',
    command: pythonOf(installed.packages),
    args: ['-W', 'ignore', '-m', 'vllm.entrypoints.openai.api_server', ...flags(options)],
    environment: {
      OTEL_SERVICE_NAME: 'vllm',
      OTEL_EXPORTER_OTLP_TRACES_INSECURE: 'true',
      // Spans leave after half a second instead of five.
      OTEL_BSP_SCHEDULE_DELAY: '500',
      // Gibibytes of memory for keys and values.
      VLLM_CPU_KVCACHE_SPACE: '1',
      VLLM_NO_USAGE_STATS: '1',
      HF_HUB_OFFLINE: '1',
      // Threads that wait for one another spin; with one none does.
      OMP_NUM_THREADS: '1',
    },
    folder: installed.root,
    logFile: join(folder, 'vllm.log'),
    readyUrl: `http://127.0.0.1:${port}/health`,
    startTimeoutMs: options.startTimeoutMs ?? START_TIMEOUT_MS,
    stopTimeoutMs: STOP_TIMEOUT_MS,
    guardian: guardGroups(guardian),
  });
}

function flags({ installed, port, otlpEndpoint, flags: more = [] }: Described): string[] {
  const values = {
    model: installed.model,
    'served-model-name': VLLM_MODEL,
    host: '127.0.0.1',
    port,
    dtype: 'bfloat16',
    'max-model-len': 4096,
    'max-num-seqs': 16,
    'otlp-traces-endpoint': otlpEndpoint,
  };
  const named = Object.entries(values).map(([name, value]) => `--${name}=${value}`);
  return [...named, '--enforce-eager', '--enable-request-id-headers', ...more];
}

/** The guardian is told of the whole group, which is a negative process id: the engine must not outlive the server. */
function guardGroups(guardian: Guardian): Guardian {
  return {
    ...guardian,
    add(pid) {
      guardian.add(-pid);
    },
    remove(pid) {
      guardian.remove(-pid);
    },
  };
}

function lastLine(text: string): string {
  return text.split('\n').findLast((line) => line.trim() !== '') ?? '';
}
