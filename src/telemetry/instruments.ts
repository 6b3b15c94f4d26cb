import { metrics, type Attributes, type Meter } from '@opentelemetry/api';
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

/** Every instrument of the gateway, by the name it has in the vocabulary. */
export type Instruments = { readonly [Name in MetricName]: Instrument<(typeof METRICS)[Name]> };

/** Creates all instruments; the only place that does. Without an SDK they are no-ops. */
export function createInstruments(
  meter: Meter = metrics.getMeter(SCOPE_NAME, SCOPE_VERSION, { schemaUrl: SCHEMA_URL }),
): Instruments {
  const entries = Object.entries(METRICS).map(([name, definition]) => [
    name,
    { record: createRecorder(meter, name, definition) },
  ]);
  return Object.fromEntries(entries) as Instruments;
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
