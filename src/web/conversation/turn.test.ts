import { describe, expect, it } from 'vitest';
import { isRunning, newTurn, type TurnStatus } from './turn.ts';

describe('a turn', () => {
  it('begins with nothing but its question', () => {
    expect(newTurn('t1', 'Why?')).toMatchObject({
      status: 'waiting',
      text: '',
      sources: [],
      recordStatus: 'absent',
    });
  });

  it('runs until it is final', () => {
    const statuses: TurnStatus[] = ['waiting', 'streaming', 'answered', 'stopped', 'blocked', 'failed'];
    expect(statuses.filter((status) => isRunning({ ...newTurn('t1', 'Why?'), status }))).toEqual([
      'waiting',
      'streaming',
    ]);
    expect(isRunning(undefined)).toBe(false);
  });
});
