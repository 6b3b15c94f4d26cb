import { expect, test } from 'vitest';
import { isLoopback } from './is-loopback.ts';

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['128.0.0.1', false],
  ['fe80::1', false],
  ['gateway.internal', false],
  ['', false],
])('is %j loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
