import { expect, test, vi } from 'vitest';
import { withinTime } from './within-time.ts';

test('gives the value that comes in time and clears its timer', async () => {
  vi.useFakeTimers();
  expect(await withinTime(Promise.resolve('value'), 1000)).toBe('value');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('gives undefined when the time is over', async () => {
  vi.useFakeTimers();
  const waiting = withinTime(new Promise<string>(() => undefined), 1000);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await waiting).toBeUndefined();
  vi.useRealTimers();
});

test('passes a rejection on and clears its timer', async () => {
  vi.useFakeTimers();
  await expect(withinTime(Promise.reject(new Error('no')), 1000)).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
