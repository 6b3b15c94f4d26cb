import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../storage/__fixtures__/run-program.ts';
import { startOtlpSink } from './__fixtures__/otlp-sink.ts';
import { SCOPE_NAME, SCOPE_VERSION } from './scope.ts';
import { SCHEMA_URL } from './semconv.ts';

const PROGRAM = new URL('./__fixtures__/telemetry-program.ts', import.meta.url);
const TIMEOUT_MS = 30_000;

interface Report {
  /** Connections the process opened. */
  readonly connections: number;
  readonly metrics: string;
  readonly shutdownMs: number;
  readonly traceId: string;
  readonly spanId: string;
}

async function run(environment: Record<string, string> = {}): Promise<{ report: Report; stdout: string }> {
  const { exitCode, stdout, stderr } = await runProgram(PROGRAM, [], environment);
  expect(exitCode, stderr).toBe(0);
  return { report: JSON.parse(stderr) as Report, stdout };
}

/** Attributes of the resource an export speaks for. */
function attributesOf(sent: Record<string, unknown> = {}): { key: string; value: object }[] {
  const { attributes } = sent['resource'] as { attributes: { key: string; value: object }[] };
  return attributes;
}

describe('without an endpoint', { timeout: TIMEOUT_MS }, () => {
  test.each<[string, Record<string, string>]>([
    ['nothing set', {}],
    [
      'everything set but an endpoint',
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: '',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_LOGS_EXPORTER: 'otlp',
      },
    ],
  ])('nothing knocks at any port: %s', async (_name, environment) => {
    const { report } = await run(environment);
    expect(report.connections).toBe(0);
    // Answers have trace ids all the same, and metrics can be scraped.
    expect(report.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(report.metrics).toContain('glassgate_answers_total');
    expect(report.shutdownMs).toBeLessThan(4000);
    expectScrapable(report.metrics);
  });
});

/** Every sample carries the slot of the worker, none anything of the host; the runtime and the SDK have theirs. */
function expectScrapable(metrics: string): void {
  const samples = metrics.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples.length).toBeGreaterThan(10);
  for (const sample of samples) expect(sample).toMatch(/[{,]worker="3"[,}]/);
  expect(metrics).toMatch(/glassgate_answers_total\{[^}]*glassgate_outcome="answered"[^}]*\} 2/);
  for (const leak of [hostname(), process.cwd(), 'otel_scope']) expect(metrics).not.toContain(leak);
  for (const name of ['# TYPE v8js_memory_heap_used', 'otel_sdk_']) expect(metrics).toContain(name);
}

describe('with an endpoint', { timeout: TIMEOUT_MS }, () => {
  test('every signal arrives, with one resource and one scope', async () => {
    const sink = await startOtlpSink();
    const { report } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
    expect([...new Set(sink.exports.map(({ path }) => path))].sort()).toEqual([
      '/v1/logs',
      '/v1/metrics',
      '/v1/traces',
    ]);

    const [span] = sink.collect('/v1/traces', 'spanId');
    expect(span).toMatchObject({
      traceId: report.traceId,
      spanId: report.spanId,
      name: 'POST /v1/chat/completions',
      kind: 2,
    });

    const [record] = sink.collect('/v1/logs', 'severityNumber');
    expect(record).toMatchObject({
      eventName: 'server.listening',
      severityText: 'INFO',
      body: { stringValue: 'server.listening' },
      traceId: report.traceId,
      spanId: report.spanId,
      attributes: [{ key: 'port', value: { intValue: 8080 } }],
    });

    const metric = sink.collect('/v1/metrics', 'unit').find(({ name }) => name === 'glassgate.answers');
    expect(metric).toMatchObject({
      unit: '{answer}',
      sum: { isMonotonic: true, dataPoints: [{ asDouble: 2 }] },
    });

    for (const path of ['/v1/traces', '/v1/logs', '/v1/metrics']) {
      const [resource] = sink.collect(path, 'resource');
      const attributes = attributesOf(resource);
      expect(Object.fromEntries(attributes.map(({ key, value }) => [key, value]))).toMatchObject({
        'service.name': { stringValue: 'glassgate' },
        'service.version': { stringValue: SCOPE_VERSION },
        'service.instance.id': { stringValue: `${hostname()}-worker-3` },
      });
      expect(attributes.map(({ key }) => key).filter((key) => /^(?:process|host|os)\./.test(key))).toEqual(
        [],
      );
      const scopes = sink
        .collect(path, 'scope')
        .filter(({ scope }) => (scope as { name: string }).name === SCOPE_NAME);
      expect(scopes[0]).toMatchObject({
        schemaUrl: SCHEMA_URL,
        scope: { name: SCOPE_NAME, version: SCOPE_VERSION },
      });
    }
  });

  test('signals can be switched off', async () => {
    const sink = await startOtlpSink();
    const off = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' };
    await run({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...off });
    expect(new Set(sink.exports.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
  });

  test('signals can be sent alone, also beside an empty common endpoint', async () => {
    const sink = await startOtlpSink();
    await run({
      OTEL_EXPORTER_OTLP_ENDPOINT: '',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${sink.url}/my-logs`,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${sink.url}/my-traces`,
    });
    expect([...new Set(sink.exports.map(({ path }) => path))].sort()).toEqual(['/my-logs', '/my-traces']);
  });

  test('what the standard variables say is obeyed: sampler, headers, names', async () => {
    const sink = await startOtlpSink();
    const { report } = await run({
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=one',
      OTEL_TRACES_SAMPLER: 'always_off',
      OTEL_SERVICE_NAME: 'my-gateway',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    });
    expect(sink.collect('/v1/traces', 'spanId')).toEqual([]);
    expect(report.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(sink.exports.length).toBeGreaterThan(0);
    expect(sink.exports.every(({ headers }) => headers['x-tenant'] === 'one')).toBe(true);
    const resource = JSON.stringify(attributesOf(sink.collect('/v1/logs', 'resource')[0]));
    for (const word of ['"my-gateway"', '"deployment.environment.name"', '-worker-3"'])
      expect(resource).toContain(word);
  });
});

describe('a backend that is not well', { timeout: TIMEOUT_MS }, () => {
  /** An address at which nobody listens. */
  async function deadUrl(): Promise<string> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return `http://127.0.0.1:${port}`;
  }

  test('is not there: the end of the process waits no longer than it may, and says so', async () => {
    const { report, stdout } = await run({
      OTEL_EXPORTER_OTLP_ENDPOINT: await deadUrl(),
      SHUTDOWN_MS: '400',
    });
    expect(report.shutdownMs).toBeLessThan(4000);
    expect(report.connections).toBeGreaterThan(0);
    expect(report.metrics).toContain('glassgate_answers_total');
    expect(stdout).not.toContain('http://127.0.0.1');
  });

  test('takes everything and never answers: the same', async () => {
    const sink = await startOtlpSink({ answer: false });
    const { report } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, SHUTDOWN_MS: '400' });
    expect(report.shutdownMs).toBeLessThan(4000);
  });

  test('answers with an error: the same, and the failure is an event', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () =>
        socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { stdout } = await run({ OTEL_EXPORTER_OTLP_ENDPOINT: url, SHUTDOWN_MS: '2000' });
    const events = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { event: string; level: string });
    expect(events).toContainEqual(expect.objectContaining({ event: 'telemetry.failed', level: 'warn' }));
  });
});
