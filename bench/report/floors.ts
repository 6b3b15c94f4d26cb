import { spreadOf, type Spread } from '../statistics.ts';
import type { TargetId } from '../targets/target.ts';
import type { Rounds } from '../workloads/interleave.ts';
import type { BenchResult } from '../workloads/run-workloads.ts';

/** A number to hold, and one to reach. */
export interface Floor {
  readonly what: string;
  readonly unit: '×' | '%' | '';
  readonly measured: number;
  readonly hold: number;
  readonly reach?: number;
}

/** What the project holds itself to. */
export function floorsOf({ cost, lostTelemetry }: BenchResult): Floor[] {
  return [
    { what: 'answer, CPU against the bare relay', ...ratioFloor(cost.answer, 6, 4) },
    { what: '33-chunk stream, CPU against the bare relay', ...ratioFloor(cost.stream, 4, 3) },
    { what: 'telemetry’s share of our own path, answer', ...shareFloor(cost.answer) },
    { what: 'telemetry’s share of our own path, stream', ...shareFloor(cost.stream) },
    {
      what: 'spans and log lines that never arrived',
      unit: '',
      measured: lostTelemetry.spans + lostTelemetry.logRecords,
      hold: 0,
    },
  ];
}

/** Each round's quotient of two targets: both met the machine in the same state. */
export function ratioOf(
  rounds: Rounds<number>,
  target: TargetId,
  reference: TargetId = 'relay',
): Spread | undefined {
  const numerators = rounds.get(target) ?? [];
  const denominators = rounds.get(reference) ?? [];
  const quotients = numerators.map((value, round) => value / (denominators[round] ?? Number.NaN));
  return quotients.length === 0 ? undefined : spreadOf(quotients);
}

function ratioFloor(rounds: Rounds<number>, hold: number, reach: number): Omit<Floor, 'what'> {
  return { unit: '×', measured: ratioOf(rounds, 'on')?.median ?? Number.NaN, hold, reach };
}

function shareFloor(rounds: Rounds<number>): Omit<Floor, 'what'> {
  const offPercent = 100 * (ratioOf(rounds, 'off', 'on')?.median ?? Number.NaN);
  return { unit: '%', measured: 100 - offPercent, hold: 25 };
}
