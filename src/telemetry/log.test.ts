import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { logs, ROOT_CONTEXT, SeverityNumber, trace, TraceFlags } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { closeLog, log } from './log.ts';
import { SCOPE_NAME, SCOPE_VERSION } from './scope.ts';
import { SCHEMA_URL } from './semconv.ts';

const PROGRAM = new URL('./__fixtures__/log-program.ts', import.meta.url);
const TIMEOUT_MS = 30_000;
const TRACE = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

const exporter = new InMemoryLogRecordExporter();
logs.setGlobalLoggerProvider(
  new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }),
);

afterEach(() => exporter.reset());

function start(...args: string[]): ChildProcess {
  const child = fork(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Runs the program to its end and reads everything; how many lines were dropped is on standard error. */
async function run(
  ...args: string[]
): Promise<{ lines: Record<string, unknown>[]; raw: string; dropped: number }> {
  const child = start(...args);
  const output = Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ]);
  await once(child, 'message');
  child.send('end');
  const [raw, dropped] = await output;
  return { raw, lines: parse(raw), dropped: Number(dropped) };
}

function parse(raw: string): Record<string, unknown>[] {
  return raw
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('lines on standard output', { timeout: TIMEOUT_MS }, () => {
  test('name their event, level, time and process, and their trace where there is one', async () => {
    const { lines } = await run('levels');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
    expect(lines).toEqual([
      { level: 'info', time, worker: 3, event: 'server.listening', port: 8080 },
      {
        level: 'warn',
        time,
        worker: 3,
        event: 'upstream.retried',
        trace_id: TRACE.traceId,
        span_id: TRACE.spanId,
        trace_flags: 1,
        'error.type': 'upstream_overloaded',
        delay_ms: 100,
      },
      {
        level: 'error',
        time,
        worker: 3,
        event: 'upstream.unreachable',
        trace_id: TRACE.traceId,
        span_id: TRACE.spanId,
        trace_flags: 1,
      },
    ]);
  });

  test.each([
    ['debug', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['silent', []],
  ])('from level %s on', async (level, levels) => {
    expect((await run('levels', level)).lines.map((line) => line['level'])).toEqual(levels);
  });

  test('are one line each, whatever stands in them', async () => {
    const { raw, lines } = await run('odd');
    expect(raw.match(/\n/g)).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      text: 'a\n"b"\\ \u2028 水 \ud83d',
      empty: '',
      list: ['a', 'b'],
      flag: false,
    });
  });

  test('are none before anybody has said where they go', async () => {
    expect(await run('unstarted')).toMatchObject({ raw: '' });
  });
});

describe('a reader who does not keep up', { timeout: TIMEOUT_MS }, () => {
  test('loses lines, which are counted one by one, and holds nobody up', async () => {
    const child = start('flood');
    // Nothing is read until the program has written everything it has.
    await once(child, 'message');
    const output = Promise.all([
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
    ]);
    child.send('end');
    const [raw, told] = await output;
    const lines = parse(raw);
    expect(Number(told)).toBeGreaterThan(1000);
    expect(lines.length + Number(told)).toBe(12_000);
    // What is there is whole and in order.
    const counts = lines.map((line) => Number(line['count']));
    expect(counts).toEqual(counts.toSorted((left, right) => left - right));
  });

  test('and never will does not hold up the end of the process', async () => {
    const child = start('flood');
    await once(child, 'message');
    const startedAt = performance.now();
    child.send('end');
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    expect(exitCode).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  test('may leave: the process goes on', async () => {
    const child = start('levels');
    child.stdout?.destroy();
    await once(child, 'message');
    child.send('end');
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    expect(exitCode).toBe(0);
  });
});

test(
  'processes that share their standard output do not mix their lines',
  { timeout: TIMEOUT_MS },
  async () => {
    const shell = spawn(
      'sh',
      [
        '-c',
        '"$0" "$1" "$2" & "$0" "$1" "$2" & "$0" "$1" "$2" & wait',
        process.execPath,
        PROGRAM.pathname,
        'busy',
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines = parse(await text(shell.stdout));
    expect(lines).toHaveLength(9000);
    expect(new Set(lines.map((line) => line['pid'])).size).toBe(3);
  },
);

describe('records for the backend', () => {
  test('say the same as the lines, also when no line is written', () => {
    const at = trace.setSpanContext(ROOT_CONTEXT, { ...TRACE, traceFlags: TraceFlags.SAMPLED });
    log.warn('upstream.retried', { 'error.type': 'upstream_overloaded' }, at);
    const [record] = exporter.getFinishedLogRecords();
    expect(record).toMatchObject({
      eventName: 'upstream.retried',
      body: 'upstream.retried',
      severityNumber: SeverityNumber.WARN,
      severityText: 'WARN',
      attributes: { 'error.type': 'upstream_overloaded' },
    });
    expect(record?.spanContext).toMatchObject(TRACE);
    expect(record?.instrumentationScope).toEqual({
      name: SCOPE_NAME,
      version: SCOPE_VERSION,
      schemaUrl: SCHEMA_URL,
    });
  });

  test.each([
    ['info', SeverityNumber.INFO],
    ['warn', SeverityNumber.WARN],
    ['error', SeverityNumber.ERROR],
  ] as const)('have the severity of %s', (level, severityNumber) => {
    log[level]('server.listening');
    expect(exporter.getFinishedLogRecords()).toMatchObject([
      { severityNumber, severityText: level.toUpperCase() },
    ]);
  });

  test('without a span belong to no trace', () => {
    log.info('server.listening');
    expect(exporter.getFinishedLogRecords()[0]?.spanContext).toBeUndefined();
  });
});

test('closing what was never started is harmless', async () => {
  await expect(closeLog()).resolves.toBeUndefined();
});
