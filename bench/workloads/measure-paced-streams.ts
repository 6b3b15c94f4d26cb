import type { Plan } from '../plan.ts';
import type { PacedStreamsResult } from '../programs/load-command.ts';
import type { Fleet } from '../targets/start-fleet.ts';
import type { Target } from '../targets/target.ts';
import { interleave, type Rounds } from './interleave.ts';
import { latencyOf, type Latency } from './measure-latency.ts';
import { OTHER_FRAMES, requireSuccess } from './request-load.ts';

/** Time to the first content chunk and between two of them. */
export interface PacedStreams {
  readonly firstToken: Latency;
  readonly gap: Latency;
}

/** Sixteen bytes of content every 20 ms: a model at 50 tokens a second. */
const PACE_MS = 20;
const TEXT = ' sixteen bytes x';

/** W3: several streams at once at the pace of a model. */
export async function measurePacedStreams(
  fleet: Fleet,
  targets: readonly Target[],
  plan: Plan,
): Promise<Rounds<PacedStreams>> {
  const { rounds, streams, staggerMs, deltas } = plan.pacedStreams;
  await fleet.setUpstream({ delayMs: 0, deltas, text: TEXT, pace: PACE_MS });
  await fleet.load.ask({ kind: 'expect', frames: deltas + OTHER_FRAMES });
  return interleave(targets, rounds, async (target) => {
    const { port, retrieval } = target;
    const command = { kind: 'paced-streams', to: { port, retrieval }, streams, staggerMs };
    const result = (await fleet.load.ask(command)) as PacedStreamsResult;
    requireSuccess(target, streams, result.failures);
    await target.settle(streams);
    return { firstToken: latencyOf(result.firstTokenMs), gap: latencyOf(result.gapsMs) };
  });
}
