import cluster, { type Worker } from 'node:cluster';
import {
  RateLimiterCluster,
  RateLimiterClusterMaster,
  RateLimiterMemory,
  type RateLimiterRes,
} from 'rate-limiter-flexible';

/** Whether a request may go on, and what its `RateLimit` headers say. */
interface LimitDecision {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the minute of this caller ends; 0 when allowed. */
  readonly retryAfterSeconds: number;
}

/** Counts requests per caller and minute, exactly, over all workers. */
export interface RequestLimiter {
  /** `limitPerMinute` may differ per caller and change at any time; 0 means no limit. */
  consume(principalKey: string, limitPerMinute: number): Promise<LimitDecision>;
}

/** What a limiter needs. */
export interface RequestLimiterOptions {
  /** Called for each request that was let through because the primary did not answer in time. */
  readonly onUnchecked: () => void;
  /** Longest wait for the primary. */
  readonly timeoutMs?: number;
}

const WINDOW_SECONDS = 60;
const TIMEOUT_MS = 500;
/**
 * The package fixes a limiter's points when its first worker announces it, for all callers. So it only counts,
 * and the caller's own limit is compared here: keys with different limits and a changed configuration stay exact.
 */
const COUNT_ONLY = { keyPrefix: 'requests', points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS };

/** Counts in the primary when this is a cluster worker, in its own memory otherwise. */
export function createRequestLimiter({
  onUnchecked,
  timeoutMs = TIMEOUT_MS,
}: RequestLimiterOptions): RequestLimiter {
  const counter = cluster.worker
    ? countInPrimary(cluster.worker, timeoutMs)
    : new RateLimiterMemory(COUNT_ONLY);
  return {
    async consume(principalKey, limitPerMinute) {
      if (limitPerMinute === 0) return unlimited(0);
      try {
        return decide(await counter.consume(principalKey), limitPerMinute);
      } catch {
        // Open, not closed: a primary that is slow for a moment must not refuse everybody; concurrency is bounded anyway.
        onUnchecked();
        return unlimited(limitPerMinute);
      }
    },
  };
}

function countInPrimary(worker: Worker, timeoutMs: number): RateLimiterCluster {
  outliveClosedChannel(worker);
  return new RateLimiterCluster({ ...COUNT_ONLY, timeoutMs });
}

/**
 * Makes the primary count for its workers. Call it before the first fork: a worker announces its limiter once,
 * and one that is not heard stays unchecked for its whole life.
 */
export function startLimiterInPrimary(): void {
  cluster.on('fork', outliveClosedChannel);
  // oxlint-disable-next-line no-new -- the package registers itself with the cluster and has no other way to start
  new RateLimiterClusterMaster();
}

/** The package sends without looking: on a channel that was just closed that is an error event, fatal without a listener. */
function outliveClosedChannel(worker: Worker): void {
  worker.on('error', () => undefined);
}

function decide(count: RateLimiterRes, limit: number): LimitDecision {
  const allowed = count.consumedPoints <= limit;
  return {
    allowed,
    limit,
    remaining: Math.max(limit - count.consumedPoints, 0),
    retryAfterSeconds: allowed ? 0 : Math.max(Math.ceil(count.msBeforeNext / 1000), 1),
  };
}

function unlimited(limit: number): LimitDecision {
  return { allowed: true, limit, remaining: limit, retryAfterSeconds: 0 };
}
