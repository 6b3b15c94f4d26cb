import type { Plan } from '../plan.ts';
import { PROMPT_MODE } from '../programs/upstream-mode.ts';
import type { Fleet } from '../targets/start-fleet.ts';
import type { Target } from '../targets/target.ts';
import { interleave, type Rounds } from './interleave.ts';
import { OTHER_FRAMES, requireSuccess, runRequests } from './request-load.ts';

/** Microseconds of CPU time per request, for each kind of request. */
export interface CostResult {
  readonly answer: Rounds<number>;
  /** 33 chunks, each sent by itself. */
  readonly stream: Rounds<number>;
  /** The same chunks sent in one piece. */
  readonly burst: Rounds<number>;
}

/** Enough to keep a worker busy; with many more, requests share wake-ups and every proxy looks cheaper than it is in service. */
const CONCURRENCY = 4;

/** Measures what one request costs in CPU time: everything the target's processes did for it, exports included. */
export async function measureCost(fleet: Fleet, plan: Plan): Promise<CostResult> {
  const { rounds, burstRounds, answers, streams } = plan.cost;
  await fleet.load.ask({ kind: 'expect', frames: PROMPT_MODE.deltas + OTHER_FRAMES });
  await fleet.setUpstream(PROMPT_MODE);
  const targets = fleet.targets.filter(({ id }) => id !== 'direct');
  for (const target of targets) await warmUp(fleet, target, plan.warmUpRequests);
  const answer = await interleave(targets, rounds, (target) => costOf(fleet, target, false, answers));
  const streamed = targets.filter(({ id }) => id !== 'plain');
  const stream = await interleave(streamed, rounds, (target) => costOf(fleet, target, true, streams));
  await fleet.setUpstream({ ...PROMPT_MODE, pace: 'burst' });
  const whole = targets.filter(({ id }) => id === 'nginx' || id === 'relay' || id === 'on');
  const burst = await interleave(whole, burstRounds, (target) => costOf(fleet, target, true, streams));
  return { answer, stream, burst };
}

/** Until the compiler has seen both kinds of request often enough. */
async function warmUp(fleet: Fleet, target: Target, requests: number): Promise<void> {
  await costOf(fleet, target, false, requests);
  await costOf(fleet, target, true, Math.ceil(requests / 2));
}

async function costOf(fleet: Fleet, target: Target, stream: boolean, requests: number): Promise<number> {
  const before = target.cpuMicroseconds();
  const until = { requests };
  const { failures } = await runRequests(fleet, target, { stream, concurrency: CONCURRENCY, until });
  requireSuccess(target, requests, failures);
  await target.settle(requests);
  return (target.cpuMicroseconds() - before) / requests;
}
