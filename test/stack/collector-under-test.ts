import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { programPath } from '../../stack/programs.ts';
import { findFreePort } from '../support/free-port.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The real Collector with the files of production; what it would send to the stores is kept here instead. */
export interface CollectorUnderTest extends AsyncDisposable {
  /** OTLP over HTTP, JSON. */
  send(signal: 'traces' | 'logs' | 'metrics', body: unknown): Promise<number>;
  /** Everything that has come out so far, as one text each. */
  sent(signal: 'traces' | 'logs' | 'metrics'): string;
  spans(): readonly SentSpan[];
  lines(): readonly SentLine[];
  /** Sum of the samples of one metric of the Collector itself, or of those with this text in their labels. */
  counter(name: string, label?: string): Promise<number>;
}

/** A value in OTLP's JSON. */
export interface OtlpValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly OtlpValue[] };
}

/** A span as it left the Collector. */
export interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly attributes: Readonly<Record<string, OtlpValue>>;
}

/** A log record as it left the Collector. */
export interface SentLine {
  readonly body: string;
  readonly attributes: Readonly<Record<string, OtlpValue>>;
}

interface Attribute {
  readonly key: string;
  readonly value: OtlpValue;
}

const ROOT = join(import.meta.dirname, '../..');
/** Text instead of protobuf, so that the test can read it, and no waiting for more of the same. */
const READABLE = {
  exporters: Object.fromEntries(
    ['traces', 'logs', 'metrics'].map((signal) => [
      `otlp_http/${signal}`,
      { encoding: 'json', compression: 'none', sending_queue: { batch: { flush_timeout: '20ms' } } },
    ]),
  ),
  connectors: { span_metrics: { metrics_flush_interval: '200ms' } },
};

/** Starts the Collector with `otel-collector/config.yaml`, then `files` beside it, on ports of its own. */
export async function startCollector(
  options: {
    readonly files?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<CollectorUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-collector-'));
  const stores = await startStores();
  const [http, health, metrics] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const environment = {
    GLASSGATE_STACK_OTLP_GRPC: `127.0.0.1:${await findFreePort()}`,
    GLASSGATE_STACK_OTLP_HTTP: `127.0.0.1:${http}`,
    GLASSGATE_STACK_COLLECTOR_HEALTH: `127.0.0.1:${health}`,
    GLASSGATE_STACK_COLLECTOR_METRICS_PORT: String(metrics),
    GLASSGATE_STACK_QUEUE_FOLDER: join(folder, 'queue'),
    GLASSGATE_STACK_TRACES_URL: stores.url,
    GLASSGATE_STACK_LOGS_URL: stores.url,
    GLASSGATE_STACK_METRICS_URL: stores.url,
    ...options.environment,
  };
  const child = spawnCollector(folder, ['config.yaml', ...(options.files ?? [])], environment);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
  await waitUntil('the Collector is ready', async () => {
    if (child.exitCode !== null) throw new Error(`the Collector ended: ${log}`);
    return (await fetch(`http://127.0.0.1:${health}`).catch(() => undefined))?.ok;
  });
  return {
    send: async (signal, body) =>
      (
        await fetch(`http://127.0.0.1:${http}/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).status,
    sent: (signal) => stores.received[signal].join('\n'),
    spans: () => stores.received.traces.flatMap((body) => spansOf(JSON.parse(body) as TraceRequest)),
    lines: () => stores.received.logs.flatMap((body) => linesOf(JSON.parse(body) as LogRequest)),
    counter: async (name, label = '') =>
      sumOf(await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text(), name, label),
    async [Symbol.asyncDispose]() {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGTERM');
      await exited;
      stores.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function spawnCollector(
  folder: string,
  names: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcessByStdio<null, null, Readable> {
  const readable = join(folder, 'readable.yaml');
  writeFileSync(readable, JSON.stringify(READABLE));
  const files = [...names.map((name) => join(ROOT, 'otel-collector', name)), readable];
  return spawn(
    programPath('otelcol'),
    files.flatMap((file) => ['--config', file]),
    { env: { PATH: process.env['PATH'], ...environment }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
}

async function startStores(): Promise<{
  url: string;
  received: Record<'traces' | 'logs' | 'metrics', string[]>;
  close(): void;
}> {
  const received = { traces: [] as string[], logs: [] as string[], metrics: [] as string[] };
  const server = createServer((request, response) => void keep(request, response));
  async function keep(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const signal = request.url?.split('/').at(-1);
    const body = await textOf(request);
    if (signal === 'traces' || signal === 'logs' || signal === 'metrics') received[signal].push(body);
    response.setHeader('content-type', 'application/json').end('{}');
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface TraceRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly { name: string; traceId: string; attributes?: readonly Attribute[] }[];
    }[];
  }[];
}

interface LogRequest {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { body?: OtlpValue; attributes?: readonly Attribute[] }[];
    }[];
  }[];
}

function spansOf(request: TraceRequest): SentSpan[] {
  return request.resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ name, traceId, attributes }) => ({ name, traceId, attributes: byKey(attributes) }));
}

function linesOf(request: LogRequest): SentLine[] {
  return request.resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))
    .map(({ body, attributes }) => ({ body: body?.stringValue ?? '', attributes: byKey(attributes) }));
}

function byKey(attributes: readonly Attribute[] = []): Record<string, OtlpValue> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
}

function sumOf(page: string, name: string, label: string): number {
  const samples = page
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return samples
    .filter((line) => line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
