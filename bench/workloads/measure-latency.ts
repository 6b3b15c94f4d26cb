import type { Plan } from '../plan.ts';
import { PROMPT_MODE } from '../programs/upstream-mode.ts';
import { percentile } from '../statistics.ts';
import type { Fleet } from '../targets/start-fleet.ts';
import type { Target } from '../targets/target.ts';
import { interleave, type Rounds } from './interleave.ts';
import { requireSuccess, runRequests } from './request-load.ts';

/** Two percentiles of one round, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

const WARM_UP_REQUESTS = 15;

/** W1: the time of one answer, asked one at a time of an upstream that takes none. */
export async function measureLatency(
  fleet: Fleet,
  targets: readonly Target[],
  plan: Plan,
): Promise<Rounds<Latency>> {
  const { rounds, requests } = plan.latency;
  await fleet.setUpstream(PROMPT_MODE);
  return interleave(targets, rounds, async (target) => {
    const load = { stream: false, concurrency: 1 };
    await runRequests(fleet, target, { ...load, until: { requests: WARM_UP_REQUESTS } });
    const { latenciesMs, failures } = await runRequests(fleet, target, { ...load, until: { requests } });
    requireSuccess(target, requests, failures);
    await target.settle(WARM_UP_REQUESTS + requests);
    return latencyOf(latenciesMs);
  });
}

/** The two percentiles the report shows. */
export function latencyOf(valuesMs: readonly number[]): Latency {
  return { p50: percentile(valuesMs, 50), p99: percentile(valuesMs, 99) };
}
