import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, test } from 'vitest';
import { createInstruments, observe, type Instruments } from './instruments.ts';
import { METRICS, type MetricDefinition, type MetricName } from './vocabulary.ts';

const definitions: Readonly<Record<string, MetricDefinition>> = METRICS;

/** A meter of its own for each test, and what it has measured. */
function setUp() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('test');
  const collect = async (): Promise<ReadonlyMap<string, MetricData>> => {
    const { resourceMetrics } = await reader.collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
  };
  return { meter, instruments: createInstruments(meter), collect };
}

/** Records one value with each instrument, whatever its labels. */
function recordAll(instruments: Instruments): void {
  for (const instrument of Object.values(instruments)) {
    instrument.record(3, {});
  }
}

describe('every instrument of the vocabulary', () => {
  test('is there once, with its name, unit and description', async () => {
    const { meter, instruments, collect } = setUp();
    recordAll(instruments);
    for (const [name, { kind }] of Object.entries(definitions))
      if (kind === 'observed') observe(name as Parameters<typeof observe>[0], () => 3, meter);
    const metrics = await collect();
    expect([...metrics.keys()].sort()).toEqual(Object.keys(METRICS).sort());
    for (const [name, { unit, description }] of Object.entries(definitions))
      expect(metrics.get(name)?.descriptor, name).toMatchObject({ unit, description });
  });

  const KINDS = {
    counter: { dataPointType: DataPointType.SUM, isMonotonic: true },
    'up-down-counter': { dataPointType: DataPointType.SUM, isMonotonic: false },
    gauge: { dataPointType: DataPointType.GAUGE },
    histogram: { dataPointType: DataPointType.HISTOGRAM },
  } as const;

  test.each(Object.entries(definitions).filter(([, { kind }]) => kind !== 'observed'))(
    '%s measures as its kind says',
    async (name, { kind, buckets }) => {
      const { instruments, collect } = setUp();
      recordAll(instruments);
      const metric = (await collect()).get(name);
      expect(metric).toMatchObject(KINDS[kind as keyof typeof KINDS]);
      const expected =
        kind === 'histogram' ? { count: 1, sum: 3, buckets: { boundaries: buckets } } : { value: 3 };
      const value = metric?.dataPoints[0]?.value;
      expect(typeof value === 'object' ? value : { value }).toMatchObject(expected);
    },
  );

  test('counts up, down and sets, as its kind says', async () => {
    const { instruments, collect } = setUp();
    instruments['glassgate.log.dropped'].record(2, {});
    instruments['glassgate.log.dropped'].record(3, {});
    instruments['http.server.active_requests'].record(1, {});
    instruments['http.server.active_requests'].record(-1, {});
    instruments['glassgate.upstream.up'].record(1, {});
    instruments['glassgate.upstream.up'].record(0, {});
    const metrics = await collect();
    const valueOf = (name: MetricName) => metrics.get(name)?.dataPoints[0]?.value;
    expect(valueOf('glassgate.log.dropped')).toBe(5);
    expect(valueOf('http.server.active_requests')).toBe(0);
    expect(valueOf('glassgate.upstream.up')).toBe(0);
  });
});

describe('what is read and not written', () => {
  const [observed] = Object.entries(definitions).filter(([, { kind }]) => kind === 'observed');
  const name = observed?.[0] as Parameters<typeof observe>[0];

  test('is read at each collection until it is let go', async () => {
    const { meter, collect } = setUp();
    let value = 1;
    const stop = observe(name, () => value, meter);
    expect((await collect()).get(name)?.dataPoints[0]?.value).toBe(1);
    value = 2;
    expect((await collect()).get(name)?.dataPoints[0]?.value).toBe(2);
    stop();
    value = 3;
    expect((await collect()).get(name)?.dataPoints[0]?.value).not.toBe(3);
  });

  test('has no instrument to write to', () => {
    expect(Object.keys(setUp().instruments)).not.toContain(name);
  });
});

test('labels are held to the vocabulary by the compiler', async () => {
  const { instruments, collect } = setUp();
  const answers = instruments['glassgate.answers'];
  answers.record(1, {
    'glassgate.outcome': 'answered',
    'glassgate.stream': 'true',
    'gen_ai.request.model': 'm',
  });
  // @ts-expect-error a value that is not in the closed set
  answers.record(1, { 'glassgate.outcome': 'sung' });
  // @ts-expect-error a label the metric does not have
  answers.record(1, { user: 'ann' });
  // @ts-expect-error a metric that does not exist
  expect(instruments['glassgate.colour']).toBeUndefined();
  expect((await collect()).get('glassgate.answers')?.dataPoints).toHaveLength(3);
});

test('without an SDK instruments do nothing, and do not fail', () => {
  expect(() => recordAll(createInstruments())).not.toThrow();
});
