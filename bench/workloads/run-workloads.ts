import type { Plan } from '../plan.ts';
import type { Fleet } from '../targets/start-fleet.ts';
import type { TelemetryLoss } from '../targets/telemetry-ledger.ts';
import type { Rounds } from './interleave.ts';
import { measureCost, type CostResult } from './measure-cost.ts';
import { measureLatency, type Latency } from './measure-latency.ts';
import { measurePacedStreams, type PacedStreams } from './measure-paced-streams.ts';
import { measureThroughput, type Throughput } from './measure-throughput.ts';

/** Everything that one run measured. */
export interface BenchResult {
  readonly cost: CostResult;
  readonly latency: Rounds<Latency>;
  readonly throughput: Rounds<readonly Throughput[]>;
  readonly pacedStreams: Rounds<PacedStreams>;
  readonly lostTelemetry: TelemetryLoss;
}

/** Runs the workloads one after another, each over all its targets in turn. */
export async function runWorkloads(
  fleet: Fleet,
  plan: Plan,
  report: (sentence: string) => void,
): Promise<BenchResult> {
  // The gateway without retrieval is one more kind of request, not one more gateway.
  const timed = fleet.targets.filter(({ id }) => id !== 'plain');
  const inFront = timed.filter(({ id }) => id !== 'direct');
  report('CPU time per request');
  const cost = await measureCost(fleet, plan);
  report('W1: added latency, one request at a time');
  const latency = await measureLatency(fleet, timed, plan);
  report('W2: requests per second, upstream of 20 ms');
  const throughput = await measureThroughput(fleet, inFront, plan);
  report('W3: streams at the pace of a model');
  const pacedStreams = await measurePacedStreams(fleet, timed, plan);
  return { cost, latency, throughput, pacedStreams, lostTelemetry: fleet.lostTelemetry() };
}
