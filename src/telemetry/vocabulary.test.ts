import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../errors/codes.ts';
import { INJECTION_RULES, OUTPUT_RULE_IDS } from '../guardrail/rules.ts';
import * as semconv from './semconv.ts';
import {
  ATTRIBUTES,
  FOREIGN_METRIC_PREFIXES,
  LOG_EVENTS,
  METRICS,
  SPANS,
  type MetricDefinition,
} from './vocabulary.ts';

const definitions = Object.entries<MetricDefinition>(METRICS);
const conventions = Object.entries(semconv).filter(([key]) => key.startsWith('ATTR_')) as [string, string][];

/** Words that identify a person, a request or a thing: labels of these would be series without end. */
const UNBOUNDED =
  /user|key|path|trace|span|session|conversation|document|passage|answer_?id|request_?id|owner|principal/;

describe.each(definitions)('%s', (name, { kind, unit, description, labels, buckets }) => {
  test('has a name of the conventions, or ours under our prefix', () => {
    expect(name).toMatch(/^(?:http\.server|gen_ai\.client|glassgate)(?:\.[a-z]+(?:_[a-z]+)*)+$/);
  });

  test('has a unit and a sentence', () => {
    expect(unit).toMatch(/^(?:s|1|\{[a-z]+\})$/);
    expect(description).toMatch(/^[A-Z1].*\.$/);
  });

  test('has buckets if and only if it is a histogram, each larger than the one before', () => {
    expect(buckets !== undefined).toBe(kind === 'histogram');
    expect(buckets ?? []).toEqual([...new Set(buckets)].sort((left, right) => left - right));
  });

  test('has labels with closed sets, or bounded by configuration', () => {
    for (const [key, values] of Object.entries(labels)) {
      expect(key).toMatch(/^[a-z_]+(?:\.[a-z_]+)*$/);
      expect(key.replace(/^(?:glassgate|gen_ai|http)\./, '')).not.toMatch(UNBOUNDED);
      if (values === 'open') continue;
      expect(values.length).toBeGreaterThan(0);
      expect(new Set(values).size).toBe(values.length);
    }
  });
});

/** As many values as a label that configuration bounds has in a large installation. */
const OPEN_VALUES: Readonly<Record<string, number>> = {
  'gen_ai.request.model': 10,
  'http.route': 8,
  'http.response.status_code': 16,
  // Those of answers stand at one of the three stages only.
  'glassgate.guardrail.rule': INJECTION_RULES.length + Math.ceil(OUTPUT_RULE_IDS.length / 3) + 2,
};

describe('the series a worker can make', () => {
  test('are known for every open label', () => {
    const open = definitions.flatMap(([, { labels }]) =>
      Object.entries(labels)
        .filter(([, values]) => values === 'open')
        .map(([key]) => key),
    );
    expect([...new Set(open)].sort()).toEqual(Object.keys(OPEN_VALUES).sort());
  });

  test.each(definitions)('of %s stay below what the SDK keeps apart', (name, { labels }) => {
    const combinations = Object.entries(labels)
      // A failure has one status: error types do not multiply with those.
      .filter(([key]) => !(key === 'error.type' && 'http.response.status_code' in labels))
      .map(([key, values]) => {
        if (values === 'open') return OPEN_VALUES[key] ?? Infinity;
        // A rule flags or blocks: what is allowed has none.
        return values.length - (key === 'glassgate.guardrail.action' ? 1 : 0);
      });
    expect(
      combinations.reduce((product, count) => product * count, 1),
      name,
    ).toBeLessThan(2000);
  });
});

describe('attributes', () => {
  test('of ours stand under our prefix, each once', () => {
    const names = Object.values(ATTRIBUTES);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^glassgate(?:\.[a-z]+(?:_[a-z]+)*)+$/);
  });

  test('of the conventions are named after what they are', () => {
    for (const [constant, name] of conventions) {
      expect(constant).toBe(`ATTR_${name.toUpperCase().replaceAll('.', '_')}`);
      expect(name).toMatch(/^(?:error|http|url|server|gen_ai)\./);
    }
    expect(new Set(conventions.map(([, name]) => name)).size).toBe(conventions.length);
  });

  test('of ours do not stand in for one of the conventions', () => {
    const words = conventions.map(([, name]) => name.split('.').slice(1).join('.'));
    for (const name of Object.values(ATTRIBUTES)) expect(words).not.toContain(name.replace('glassgate.', ''));
  });
});

describe('span names', () => {
  test('are fixed words', () => {
    for (const name of Object.values(SPANS)) expect(name).toMatch(/^[a-z_]+(?: [a-z]+)?$/);
    expect(new Set(Object.values(SPANS)).size).toBe(Object.keys(SPANS).length);
  });
});

describe('log events', () => {
  test.each(Object.entries(LOG_EVENTS))(
    '%s is a name and not a sentence, and is explained in one',
    (event, meaning) => {
      expect(event).toMatch(/^[a-z]+(?:_[a-z]+)*(?:\.[a-z]+(?:_[a-z]+)*)+$/);
      expect(meaning).toMatch(/^[A-Z].+\.$/);
    },
  );
});

test('every error code can be the type of an error', () => {
  const types = METRICS['gen_ai.client.operation.duration'].labels['error.type'];
  expect([...types].sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

test('the reason of a rejection is a code or says more than one', () => {
  for (const reason of METRICS['glassgate.requests.rejected'].labels['glassgate.reason'])
    expect(['queue_full', 'queue_timeout', ...Object.keys(ERROR_CODES)]).toContain(reason);
});

test('metrics of others are those of the runtime and of the SDK', () => {
  for (const prefix of FOREIGN_METRIC_PREFIXES) {
    expect(prefix).toMatch(/^(?:otel\.|nodejs\.|v8js\.|target_info)/);
    expect(Object.keys(METRICS).filter((name) => name.startsWith(prefix))).toEqual([]);
  }
});
