import type { TargetId } from '../../targets/target.ts';
import type { Rounds } from '../../workloads/interleave.ts';
import type { BenchResult } from '../../workloads/run-workloads.ts';

const rounds = <Value>(values: Partial<Record<TargetId, Value[]>>): Rounds<Value> =>
  new Map(Object.entries(values)) as unknown as Rounds<Value>;

/** A finished run with numbers that are easy to follow: two rounds, no nginx. */
export function benchResult(): BenchResult {
  const point = (requestsPerSecond: number, p99: number, failures = 0) => ({
    concurrency: 16,
    requests: 100,
    requestsPerSecond,
    p99,
    failures,
    aroundCores: 0.5,
  });
  const paced = (firstToken: number, gap: number) => ({
    firstToken: { p50: firstToken, p99: 2 * firstToken },
    gap: { p50: gap, p99: gap + 1 },
  });
  return {
    cost: {
      answer: rounds({ relay: [100, 120], off: [400, 480], on: [500, 600], plain: [300, 330], dead: [510, 620] }),
      stream: rounds({ relay: [400, 400], off: [700, 700], on: [1000, 1000], dead: [1000, 1200] }),
      burst: rounds({ relay: [150], on: [900] }),
    },
    latency: rounds({
      direct: [
        { p50: 0.1, p99: 0.2 },
        { p50: 0.2, p99: 0.4 },
      ],
      on: [
        { p50: 0.9, p99: 2.2 },
        { p50: 1.2, p99: 1.4 },
      ],
    }),
    throughput: rounds({ relay: [[point(3000, 30)]], on: [[point(1200, 40)], [point(1000, 50, 2)]] }),
    pacedStreams: rounds({ direct: [paced(1, 20)], on: [paced(2.5, 20.25)] }),
    lostTelemetry: { spans: 0, logRecords: 0 },
  };
}
