import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programPath } from '../../stack/programs.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startCollector, type CollectorUnderTest } from './collector-under-test.ts';
import { traceBody } from './otlp-bodies.ts';

const FOLDER = join(import.meta.dirname, '../../otel-collector');
const config = readFileSync(join(FOLDER, 'config.yaml'), 'utf8');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-collector-files-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function validate(...files: string[]): { status: number | null; message: string } {
  const { status, stderr } = spawnSync(
    programPath('otelcol'),
    ['validate', ...files.flatMap((file) => ['--config', file])],
    { encoding: 'utf8', env: { GLASSGATE_STACK_QUEUE_FOLDER: join(folder, 'queue') } },
  );
  return { status, message: stderr };
}

function validateText(text: string): ReturnType<typeof validate> {
  const file = join(folder, 'changed.yaml');
  writeFileSync(file, text);
  return validate(file);
}

describe('the files of the Collector', () => {
  it('are valid, without and with tail sampling', () => {
    const files = ['config.yaml', 'tail-sampling.yaml'].map((file) => join(FOLDER, file));
    expect(validate(...files.slice(0, 1))).toEqual({ status: 0, message: '' });
    expect(validate(...files)).toEqual({ status: 0, message: '' });
  });

  it.each([
    ['an unknown key', 'check_interval: 1s', 'check_intervall: 1s', /check_intervall/],
    ['a component that is not built in', 'extensions:\n', 'extensions:\n  zookeeper: {}\n', /zookeeper/],
    ['a pipeline of something undefined', 'filter/too_large]', 'filter/nowhere]', /filter\/nowhere/],
    [
      'a broken statement',
      'truncate_all(span.attributes',
      'truncate_everything(span.attributes',
      /truncate_everything/,
    ],
    ['a duration without a unit', 'max_interval: 15s', 'max_interval: fifteen', /max_interval/],
  ])('are refused with the name of the place when there is %s', (_what, right, wrong, named) => {
    expect(config).toContain(right);
    const { status, message } = validateText(config.replace(right, wrong));
    expect(status).toBe(1);
    expect(message).toMatch(named);
  });

  it('have the memory limiter first in every pipeline that receives, and no batch processor', () => {
    const pipelines = [...config.matchAll(/receivers: \[otlp\]\s+processors:\s+\[\s*(\w+)/g)];
    expect(pipelines.map(([, first]) => first)).toEqual([
      'memory_limiter',
      'memory_limiter',
      'memory_limiter',
    ]);
    expect(config).not.toMatch(/^ {2}batch:/m);
  });
});

describe('the Collector about itself', () => {
  let collector: CollectorUnderTest;
  beforeAll(async () => {
    collector = await startCollector();
  });
  afterAll(() => collector[Symbol.asyncDispose]());

  it('counts what it received and what it sent, and knows how full its queues are', async () => {
    await collector.send('traces', traceBody([{ name: 'one' }, { name: 'two' }]));
    await waitUntil('both spans', () => collector.spans().length === 2);
    await waitUntil('counted', async () => (await collector.counter('otelcol_exporter_sent_spans')) === 2);
    expect(await collector.counter('otelcol_receiver_accepted_spans')).toBe(2);
    expect(await collector.counter('otelcol_exporter_queue_capacity', 'otlp_http/traces')).toBe(268_435_456);
    expect(await collector.counter('otelcol_exporter_queue_size', 'otlp_http/traces')).toBe(0);
  });
});
