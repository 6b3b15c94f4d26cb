import { expect, test } from 'vitest';
import { restartDelayMs } from './restart-delay.ts';

test('no pause after the first death, then 0.1 s doubling up to 5 s and never more', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 1000].map(restartDelayMs)).toEqual([
    0, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000,
  ]);
});
