import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { waitUntil } from '../support/wait-until.ts';
import { counterBody, logBody, newTraceId, traceBody, type PlainValue } from './otlp-bodies.ts';
import { rawLogRequest, rawTraceRequest } from './otlp-protobuf.ts';
import {
  queryJaeger,
  queryLoki,
  queryPrometheus,
  sampleOf,
  type LogLine,
  type StoredSpan,
} from './query-stores.ts';

const MEGABYTE = 1_000_000;
const HOUR_MS = 3_600_000;
/** Longest value that a store gets. */
const LIMIT = 4096;
const SENDER = { resource: { 'service.name': 'hostile' } };
/** Clears a terminal, reverses what is read, ends a C string; tab and line feed are harmless. */
const ACTING = '\u001B[2J\u0000\u202Eevil\u0007\r\tkept\n';
const HARMLESS = '\uFFFD[2J\uFFFD\uFFFDevil\uFFFD\uFFFD\tkept\n';
/** Names and labels lose tab and line feed too. */
const ON_ONE_LINE = HARMLESS.replaceAll(/[\t\n]/g, '\uFFFD');
const LABEL_LIKE = 'x"} or {job=~".+"} | json {a="b"} # `\\';

let folder: string;
let stack: Stack;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-hostile-'));
  stack = await startStack({ folder, parts: ['otel-collector', 'jaeger', 'loki', 'prometheus'] });
});
afterAll(async () => {
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

async function send(signal: string, body: unknown): Promise<number> {
  const isBytes = body instanceof Uint8Array;
  const response = await fetch(`${stack.urls.otlpHttp}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': isBytes ? 'application/x-protobuf' : 'application/json' },
    body: isBytes ? Buffer.from(body) : JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}

/** The one line that carries this rule id; ids are how the cases are told apart. */
async function storedLine(rule: string): Promise<LogLine> {
  return waitUntil(
    `the line of ${rule}`,
    async () => (await queryLoki(stack.urls.loki, `{service_name="hostile"} | rule = "${rule}"`))[0],
    20_000,
  );
}

async function storedSpan(traceId: string): Promise<StoredSpan> {
  return waitUntil('the span', async () => (await queryJaeger(stack.urls.traces, traceId))[0], 20_000);
}

async function sendBoth(
  rule: string,
  text: string,
  attribute: PlainValue = text,
): Promise<{ line: LogLine; span: StoredSpan }> {
  const traceId = newTraceId();
  const attributes = { rule, 'error.message': attribute };
  expect(await send('logs', logBody({ body: { stringValue: text }, attributes }, SENDER))).toBe(200);
  expect(await send('traces', traceBody([{ name: text, traceId, attributes }], SENDER))).toBe(200);
  return { line: await storedLine(rule), span: await storedSpan(traceId) };
}

async function counted(metric: string): Promise<number> {
  const page = await (await fetch(stack.urls.collectorMetrics)).text();
  const samples = page.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return samples.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Loki puts a blank for U+FFFD in structured metadata. */
const inLabels = (text: string): string => text.replaceAll('\uFFFD', ' ');
const bytes = (text: string): number => Buffer.byteLength(text);

describe('hostile values on their way into the stores', () => {
  it('lose control characters and what reverses text, and nothing else', async () => {
    const { line, span } = await sendBoth('acting', ACTING);
    expect(line.line).toBe(HARMLESS);
    expect(line.labels['error_message']).toBe(inLabels(HARMLESS));
    expect(span.tags['error.message']).toBe(HARMLESS);
    expect(span.name).toBe(ON_ONE_LINE);
  });

  it('are cut when they are a megabyte long, never inside a character', async () => {
    const { line, span } = await sendBoth('long', '水'.repeat(MEGABYTE / 3));
    for (const text of [line.line, line.labels['error_message'] ?? '', String(span.tags['error.message'])]) {
      expect(text).toMatch(/^水+$/);
      expect(bytes(text)).toBe(Math.floor(LIMIT / 3) * 3);
    }
    expect(bytes(span.name)).toBeLessThanOrEqual(256);
  });

  it('become valid text when they are no UTF-8', async () => {
    const broken = Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x62]);
    const record = { body: broken, attribute: { key: 'error.message', value: broken } };
    const traceId = newTraceId();
    expect(await send('logs', rawLogRequest('hostile-bytes', record))).toBe(200);
    expect(await send('traces', rawTraceRequest('hostile-bytes', traceId, record))).toBe(200);
    const line = await waitUntil(
      'the line',
      async () => (await queryLoki(stack.urls.loki, '{service_name="hostile-bytes"}'))[0],
      20_000,
    );
    const span = await storedSpan(traceId);
    const repaired = 'a\uFFFD\uFFFD\uFFFDb';
    expect([line.line, line.labels['error_message']]).toEqual([repaired, inLabels(repaired)]);
    expect([span.name, span.tags['error.message']]).toEqual([repaired, repaired]);
  });

  it('stay text when they look like labels or queries', async () => {
    const { line, span } = await sendBoth('label-like', LABEL_LIKE);
    expect([line.line, line.labels['error_message'], span.tags['error.message']]).toEqual([
      LABEL_LIKE,
      LABEL_LIKE,
      LABEL_LIKE,
    ]);
    expect(
      await send('metrics', counterBody('hostile.counter', 7, { text: LABEL_LIKE, acting: ACTING })),
    ).toBe(200);
    const stored = await waitUntil(
      'the counter',
      async () => {
        const samples = await queryPrometheus(stack.urls.prometheus, 'hostile_counter_total');
        return sampleOf(samples) === 7 && samples[0];
      },
      20_000,
    );
    expect(stored.metric['text']).toBe(LABEL_LIKE);
    expect(stored.metric['acting']).toBe(ON_ONE_LINE);
    const labels = await fetch(`${stack.urls.loki}/loki/api/v1/labels`);
    expect(((await labels.json()) as { data: string[] }).data).toEqual(['service_name']);
  });

  it('are removed and counted when their names are hostile', async () => {
    const names = { ['k'.repeat(MEGABYTE)]: 'x', '{a="b"}': 'x', '\u001B[2J': 'x' };
    const body = logBody({ body: { stringValue: 'names' }, attributes: { rule: 'names', ...names } }, SENDER);
    expect(await send('logs', body)).toBe(200);
    const { labels } = await storedLine('names');
    expect(labels['redaction_redacted_count']).toBe('3');
  });

  it('are cut or removed when names of metrics and labels are hostile', async () => {
    const labels = { ['k'.repeat(MEGABYTE)]: 'x', '{a="b"}': 'x', '\u001B[2J': 'x', kept: 'yes' };
    const name = `hostile.${'n'.repeat(MEGABYTE)}`;
    expect(await send('metrics', counterBody(name, 1, labels))).toBe(200);
    const [stored] = await waitUntil(
      'the counter',
      async () => {
        const found = await queryPrometheus(stack.urls.prometheus, '{__name__=~"hostile_n+_total"}');
        return found.length > 0 && found;
      },
      20_000,
    );
    const { __name__: storedName = '', ...others } = stored?.metric ?? {};
    expect(bytes(storedName)).toBeLessThanOrEqual(256 + '_total'.length);
    expect(others).toEqual({ job: 'test-sender', kept: 'yes' });
  });

  it('are refused and counted when their time is wrong, and spoil nothing that comes with them', async () => {
    const refused = [
      'otelcol_processor_filter_datapoints_filtered',
      'otelcol_processor_filter_logs_filtered',
    ];
    const before = await Promise.all(refused.map(counted));
    const now = Date.now();
    for (const timeMs of [now - 2 * HOUR_MS, now + 24 * HOUR_MS]) {
      expect(await send('metrics', counterBody('hostile.time', 1, {}, timeMs))).toBe(200);
      const record = { body: { stringValue: 'time' }, attributes: { rule: 'time' }, timeMs };
      expect(await send('logs', logBody(record, SENDER))).toBe(200);
    }
    const isStored = async (value: number): Promise<boolean> =>
      sampleOf(await queryPrometheus(stack.urls.prometheus, 'hostile_time_total')) === value;
    await send('metrics', counterBody('hostile.time', 2, {}));
    await waitUntil('the sample of now', () => isStored(2), 20_000);
    await send('metrics', counterBody('hostile.time', 3, {}));
    await waitUntil('the sample after it', () => isStored(3), 20_000);
    const after = await Promise.all(refused.map(counted));
    expect(after.map((value, index) => value - (before[index] ?? 0))).toEqual([2, 2]);
  });

  it('are refused and counted when they are lists that stay too large, and take nothing else with them', async () => {
    const refused = ['otelcol_processor_filter_logs_filtered', 'otelcol_processor_filter_spans_filtered'];
    const before = await Promise.all(refused.map(counted));
    const list = Array.from({ length: 1000 }, () => 'x'.repeat(1000));
    const traceId = newTraceId();
    const attributes = { rule: 'too large', faults: list };
    await send('logs', logBody({ body: { stringValue: 'list' }, attributes }, SENDER));
    await send(
      'traces',
      traceBody(
        [
          { name: 'list', traceId, attributes },
          { name: 'beside', traceId },
        ],
        SENDER,
      ),
    );
    const { name } = await storedSpan(traceId);
    expect(name).toBe('beside');
    const after = await Promise.all(refused.map(counted));
    expect(after.map((value, index) => value - (before[index] ?? 0))).toEqual([1, 1]);
    expect(await queryLoki(stack.urls.loki, '{service_name="hostile"} | rule = "too large"')).toEqual([]);
  });

  it('are refused at the door when the request is larger than any honest one, and the door stays open', async () => {
    const huge = logBody({ body: { stringValue: 'x'.repeat(9 * MEGABYTE) } }, SENDER);
    expect(await send('logs', huge)).toBeGreaterThanOrEqual(400);
    expect(await send('logs', 'no OTLP at all')).toBe(400);
    expect(await send('traces', Buffer.from([0x0a, 0xff, 0xff, 0xff]))).toBe(400);
    const { line } = await sendBoth('after all of it', 'still open');
    expect(line.line).toBe('still open');
  });

  it('made no store refuse anything', async () => {
    expect(await counted('otelcol_exporter_send_failed_log_records')).toBe(0);
    expect(await counted('otelcol_exporter_send_failed_spans')).toBe(0);
    expect(await counted('otelcol_exporter_send_failed_metric_points')).toBe(0);
    const page = await (await fetch(`${stack.urls.loki}/metrics`)).text();
    expect(page).not.toMatch(/^loki_discarded_samples_total\{/m);
  });
});
