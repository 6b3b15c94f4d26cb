import { describe, expect, test } from 'vitest';
import type { Target, TargetId } from '../targets/target.ts';
import { interleave } from './interleave.ts';

function target(id: TargetId): Target {
  return {
    id,
    port: 0,
    retrieval: true,
    cpuMicroseconds: () => 0,
    settle: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

describe('interleave', () => {
  test('measures every target once a round, each round from another one on', async () => {
    const order: string[] = [];
    const results = await interleave([target('relay'), target('off'), target('on')], 4, ({ id }) => {
      order.push(id);
      return Promise.resolve(order.length);
    });
    expect(order.join(' ')).toBe('relay off on off on relay on relay off relay off on');
    expect(Object.fromEntries(results)).toEqual({
      relay: [1, 6, 8, 10],
      off: [2, 4, 9, 11],
      on: [3, 5, 7, 12],
    });
  });

  test('stops with the first failure', async () => {
    const asked: string[] = [];
    const measuring = interleave([target('relay'), target('on')], 2, ({ id }) => {
      asked.push(id);
      return Promise.reject(new Error(`${id} failed`));
    });
    await expect(measuring).rejects.toThrow('relay failed');
    expect(asked).toEqual(['relay']);
  });
});
