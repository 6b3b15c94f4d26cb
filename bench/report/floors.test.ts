import { describe, expect, test } from 'vitest';
import type { TargetId } from '../targets/target.ts';
import { benchResult } from './__fixtures__/bench-result.ts';
import { floorsOf, ratioOf } from './floors.ts';

const rounds = (values: Partial<Record<TargetId, number[]>>) =>
  new Map(Object.entries(values)) as ReadonlyMap<TargetId, number[]>;

describe('ratioOf', () => {
  test('is the median of the quotients of each round, not the quotient of the medians', () => {
    const measured = rounds({ relay: [100, 200, 100], on: [500, 800, 700] });
    expect(ratioOf(measured, 'on')).toEqual({ median: 5, min: 4, max: 7 });
  });

  test('can be against another target', () => {
    expect(ratioOf(rounds({ off: [3], on: [4] }), 'off', 'on')?.median).toBe(0.75);
  });

  test('is unknown for what was not measured', () => {
    expect(ratioOf(rounds({ relay: [1] }), 'on')).toBeUndefined();
  });
});

describe('floorsOf', () => {
  test('compares the whole gateway with the relay and with itself without telemetry', () => {
    expect(floorsOf(benchResult())).toEqual([
      { what: 'answer, CPU against the bare relay', unit: '×', measured: 5, hold: 6, reach: 4 },
      { what: '33-chunk stream, CPU against the bare relay', unit: '×', measured: 2.5, hold: 4, reach: 3 },
      { what: 'telemetry’s share of our own path, answer', unit: '%', measured: 20, hold: 25 },
      { what: 'telemetry’s share of our own path, stream', unit: '%', measured: 30, hold: 25 },
      { what: 'spans and log lines that never arrived', unit: '', measured: 0, hold: 0 },
    ]);
  });

  test('adds up what was lost', () => {
    const floors = floorsOf({ ...benchResult(), lostTelemetry: { spans: 7, logRecords: 1 } });
    expect(floors.at(-1)?.measured).toBe(8);
  });
});
