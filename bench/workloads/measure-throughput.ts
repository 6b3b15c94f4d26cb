import type { Plan } from '../plan.ts';
import { PROMPT_MODE } from '../programs/upstream-mode.ts';
import { percentile } from '../statistics.ts';
import type { Fleet } from '../targets/start-fleet.ts';
import type { Target } from '../targets/target.ts';
import { interleave, type Rounds } from './interleave.ts';
import { runRequests } from './request-load.ts';

/** What one target carried at one number of requests in flight. */
export interface Throughput {
  readonly concurrency: number;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p99: number;
  readonly failures: number;
  /** Cores that the load generator and the upstream used: near one each, they were the limit. */
  readonly aroundCores: number;
}

const UPSTREAM_DELAY_MS = 20;

/** W2: answers per second from an upstream that takes 20 ms, with more and more requests in flight. */
export async function measureThroughput(
  fleet: Fleet,
  targets: readonly Target[],
  plan: Plan,
): Promise<Rounds<readonly Throughput[]>> {
  await fleet.setUpstream({ ...PROMPT_MODE, delayMs: UPSTREAM_DELAY_MS });
  return interleave(targets, plan.throughput.rounds, async (target) => {
    const sweep: Throughput[] = [];
    for (const concurrency of plan.throughput.concurrencies) {
      sweep.push(await throughputAt(fleet, target, concurrency, plan.throughput.durationMs));
    }
    await target.settle(sweep.reduce((sum, { requests }) => sum + requests, 0));
    return sweep;
  });
}

async function throughputAt(
  fleet: Fleet,
  target: Target,
  concurrency: number,
  durationMs: number,
): Promise<Throughput> {
  const before = fleet.aroundCpuMicroseconds();
  const until = { durationMs };
  const result = await runRequests(fleet, target, { stream: false, concurrency, until });
  const around = fleet.aroundCpuMicroseconds() - before;
  const requests = result.requests - result.failures;
  return {
    concurrency,
    requests,
    requestsPerSecond: (requests / result.elapsedMs) * 1000,
    p99: percentile(result.latenciesMs, 99),
    failures: result.failures,
    aroundCores: around / 1000 / result.elapsedMs,
  };
}
