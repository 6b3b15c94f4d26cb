import { METRICS, type MetricDefinition } from '../../src/telemetry/vocabulary.ts';
import { storedNames } from './metric-inventory.ts';

/** Labels that Prometheus and the exporter add to every series. */
const ADDED = ['instance', 'job', 'le'];
/** A choice of plain words, as in `up|down`; anything else is a pattern that is not looked into. */
const PLAIN = /^[\w|]*$/;

const DEFINITIONS = new Map(
  Object.entries<MetricDefinition>(METRICS).flatMap(([name, definition]) =>
    storedNames(name, definition).map((stored) => [stored, definition] as const),
  ),
);

/** What a selector asks of a metric of the gateway that its definition rules out: such a query finds nothing, ever. */
export function labelFaults(selector: string): string[] {
  const [, name = '', matchers = ''] = /^([\w:]+)(?:\{([^]*)\})?$/.exec(selector) ?? [];
  const definition = DEFINITIONS.get(name);
  if (definition === undefined) return [];
  const labels = new Map(
    Object.entries(definition.labels).map(([label, values]) => [label.replaceAll('.', '_'), values]),
  );
  return [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].flatMap(
    ([, label = '', value = '']) => {
      if (ADDED.includes(label)) return [];
      const values = labels.get(label);
      if (values === undefined) return [`${name} has no label ${label}`];
      if (values === 'open' || !PLAIN.test(value)) return [];
      const unknown = value.split('|').filter((word) => word !== '' && !values.includes(word));
      return unknown.map((word) => `${label} of ${name} is never ${word}`);
    },
  );
}
