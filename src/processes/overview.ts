import type { Child } from './child.ts';
import type { GatewayReadiness } from './management-server.ts';
import { mergeMetrics, type MetricsPart } from './merge-metrics.ts';
import type { Position } from './worker-pool.ts';

/** Longest wait for one child's answer; a scrape must not fail because one worker is stuck. */
const ASK_TIMEOUT_MS = 1000;

/** Whose state is put together. */
export interface OverviewOptions {
  readonly workers: () => readonly Position[];
  /** The embedded model's process; `undefined` when there is none or it is down. */
  readonly model: () => Child | undefined;
  readonly ownMetrics: () => Promise<string>;
  readonly isEnding: () => boolean;
}

/** How many workers are ready, besides what the management port says. */
export interface Overview extends GatewayReadiness {
  readonly readyWorkers: number;
}

/** Whether a question would be answered now: at least one worker says so, and the gateway is not going down. */
export async function readReadiness(options: OverviewOptions): Promise<Overview> {
  const positions = options.workers();
  const states = await Promise.all(positions.map(({ keeper }) => askReadiness(keeper.child())));
  const readyWorkers = states.filter(({ ready }) => ready).length;
  const missing = states.flatMap((state, index) =>
    state.missing.map((what) => `worker ${positions[index]?.slot ?? index}: ${what}`),
  );
  if (positions.length === 0) missing.push('workers');
  if (options.isEnding()) missing.unshift('shutting down');
  return { ready: readyWorkers > 0 && !options.isEnding(), missing, readyWorkers };
}

/** What one worker says of itself; a dead, starting or stuck one is not ready. */
export async function askReadiness(child: Child | undefined): Promise<GatewayReadiness> {
  if (child === undefined) return { ready: false, missing: ['process'] };
  const answer = await child.ask('readiness', ASK_TIMEOUT_MS);
  return isReadiness(answer) ? answer : { ready: false, missing: ['answer'] };
}

/** One Prometheus page of all processes. */
export async function readMetrics(options: OverviewOptions): Promise<string> {
  const parts: Promise<MetricsPart>[] = [
    options.ownMetrics().then((text) => ({ source: 'primary', text })),
    ...options.workers().map(({ slot, keeper }) => askMetrics(`worker ${slot}`, keeper.child())),
  ];
  const model = options.model();
  if (model !== undefined) parts.push(askMetrics('embedded model', model));
  return mergeMetrics(await Promise.all(parts));
}

async function askMetrics(source: string, child: Child | undefined): Promise<MetricsPart> {
  const text = await child?.ask('metrics', ASK_TIMEOUT_MS);
  return { source, text: typeof text === 'string' ? text : undefined };
}

function isReadiness(answer: unknown): answer is GatewayReadiness {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'ready' in answer &&
    typeof answer.ready === 'boolean' &&
    'missing' in answer &&
    Array.isArray(answer.missing)
  );
}
