import { describe, expect, it } from 'vitest';
import { stem } from './stem.ts';

describe('stem', () => {
  it.each([
    ['requests', 'request'],
    ['retries', 'retry'],
    ['crashes', 'crash'],
    ['restarting', 'restart'],
    ['restarted', 'restart'],
    ['stopped', 'stop'],
    ['dropping', 'drop'],
    ['slowly', 'slow'],
    ['failed', 'fail'],
    ['access', 'access'],
    ['status', 'status'],
    ['analysis', 'analysis'],
    ['log', 'log'],
    ['v1', 'v1'],
    ['网关', '网关'],
    ['p95s', 'p95s'],
  ])('%s → %s', (term, expected) => {
    expect(stem(term)).toBe(expected);
  });

  it.each([
    ['configure', 'configuring'],
    ['cause', 'causes'],
    ['store', 'stored'],
    ['cache', 'caching'],
    ['save', 'saved'],
  ])('brings %s and %s together', (left, right) => {
    expect(stem(left)).toBe(stem(right));
  });
});
