import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { CONFIG_SECTIONS, configSchema } from './schema.ts';

const SETTINGS = Object.entries(CONFIG_SECTIONS).flatMap(([section, { shape }]) =>
  Object.entries(shape).map(([name, schema]) => ({ setting: `${section}.${name}`, name, schema })),
);

describe('every setting', () => {
  test.each(SETTINGS)('$setting is described in a sentence', ({ schema }) => {
    expect(schema.description).toMatch(/^[A-Z].+\.$/);
  });

  test.each(SETTINGS)('$setting is named in small letters, with its unit', ({ name, schema }) => {
    const isTime = /Longest|Time in which|Time open/.test(schema.description ?? '');
    expect(name).toMatch(isTime ? /^[a-z]+(?:_[a-z]+)*_ms$/ : /^[a-z]+(?:_[a-z]+)*$/);
  });

  test.each(SETTINGS)('$setting accepts its own default', ({ schema }) => {
    const value: unknown = schema.parse(undefined);
    expect(schema.parse(value)).toEqual(value);
  });
});

test('the defaults are those of a gateway on this machine only', () => {
  const { server, auth, upstream, telemetry } = configSchema.parse({});
  expect(server).toMatchObject({
    host: '127.0.0.1',
    management_host: '127.0.0.1',
    workers: availableParallelism(),
  });
  expect(auth).toMatchObject({ visitors: 'key' });
  expect(upstream).toMatchObject({ models: [], embedded_model: 'extractive' });
  expect(upstream).not.toHaveProperty('url');
  expect(telemetry).toEqual({ capture_content: false, log_level: 'info' });
});

test('no name of a section is the beginning of another: a variable names one setting', () => {
  const sections = Object.keys(CONFIG_SECTIONS);
  for (const section of sections)
    expect(sections.filter((other) => other.startsWith(`${section}_`))).toEqual([]);
});
