import { inspect, format } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from './secret.ts';

describe('a secret', () => {
  const secret = new Secret('swordfish');

  test('is told to who asks for it', () => {
    expect(secret.expose()).toBe('swordfish');
  });

  test.each<[string, (value: Secret) => string]>([
    ['in a text', (value) => String(value)],
    ['joined', (value) => [value].join()],
    ['as JSON', (value) => JSON.stringify({ value })],
    ['in an error', (value) => new Error(String(value)).message],
    ['inspected', (value) => inspect(value, { showHidden: true, depth: 9 })],
    ['inside an object', (value) => inspect({ deep: { value } }, { depth: 9 })],
    ['by console.log', (value) => format('%s %o %j', value, value, value)],
  ])('%s is a mask', (_name, show) => {
    expect(show(secret)).toContain('<secret>');
    expect(show(secret)).not.toContain('swordfish');
  });

  test('has no property to read', () => {
    expect(Object.keys(secret)).toEqual([]);
    expect(JSON.stringify(Object.entries(secret))).toBe('[]');
    expect(Object.assign({}, secret)).toEqual({});
  });
});
