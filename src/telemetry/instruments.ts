import { metrics, type Attributes, type Meter, type ObservableCallback } from '@opentelemetry/api';
import { SCOPE_NAME, SCOPE_VERSION } from './scope.ts';
import { SCHEMA_URL } from './semconv.ts';
import { METRICS, type MetricDefinition, type MetricName } from './vocabulary.ts';

type Labels<Definition extends MetricDefinition> = {
  readonly [Key in keyof Definition['labels']]?: Definition['labels'][Key] extends readonly (infer Value)[]
    ? Value
    : string | number;
};

/** A sink of measurements whose labels the compiler holds to the vocabulary. */
interface Instrument<Definition extends MetricDefinition> {
  /** Adds to a counter, sets a gauge, or records one value of a histogram. */
  record(value: number, labels: Labels<Definition>): void;
}

type ObservedName = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends 'observed' ? Name : never;
}[MetricName];

/** Every instrument of the gateway that is written to, by the name it has in the vocabulary. */
export type Instruments = {
  readonly [Name in Exclude<MetricName, ObservedName>]: Instrument<(typeof METRICS)[Name]>;
};

/** Creates all instruments; the only place that does. Without an SDK they are no-ops. */
export function createInstruments(meter: Meter = createMeter()): Instruments {
  const entries = Object.entries<MetricDefinition>(METRICS).flatMap(([name, definition]) =>
    definition.kind === 'observed' ? [] : [[name, { record: createRecorder(meter, name, definition) }]],
  );
  return Object.fromEntries(entries) as Instruments;
}

/** Reads a value whenever metrics are collected, until the returned function is called. */
export function observe(name: ObservedName, read: () => number, meter: Meter = createMeter()): () => void {
  const { description, unit } = METRICS[name];
  const gauge = meter.createObservableGauge(name, { description, unit });
  const callback: ObservableCallback = (result) => result.observe(read());
  gauge.addCallback(callback);
  return () => gauge.removeCallback(callback);
}

function createMeter(): Meter {
  return metrics.getMeter(SCOPE_NAME, SCOPE_VERSION, { schemaUrl: SCHEMA_URL });
}

function createRecorder(
  meter: Meter,
  name: string,
  definition: MetricDefinition,
): (value: number, labels: Attributes) => void {
  const options = { description: definition.description, unit: definition.unit };
  switch (definition.kind) {
    case 'counter': {
      const counter = meter.createCounter(name, options);
      return (value, labels) => counter.add(value, labels);
    }
    case 'up-down-counter': {
      const counter = meter.createUpDownCounter(name, options);
      return (value, labels) => counter.add(value, labels);
    }
    case 'observed':
      throw new Error(`${name} is read, not written`);
    case 'gauge': {
      const gauge = meter.createGauge(name, options);
      return (value, labels) => gauge.record(value, labels);
    }
    case 'histogram': {
      const advice = { explicitBucketBoundaries: [...(definition.buckets ?? [])] };
      const histogram = meter.createHistogram(name, { ...options, advice });
      return (value, labels) => histogram.record(value, labels);
    }
  }
}
