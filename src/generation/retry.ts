import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from '../errors/codes.ts';
import type { GatewayError } from '../errors/gateway-error.ts';

/** Failures of the connection, before there was an answer to have a status. */
const CONNECTION_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_unreachable',
  'upstream_connect_timeout',
  'stream_interrupted',
]);
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** A server that asks for a longer wait is answered with its own 503 and `Retry-After` instead. */
const LONGEST_RETRY_AFTER_SECONDS = 10;

/** Whether a failed attempt may be made again: connection errors and 429, 502, 503, 504 only. */
export function isRetryable(error: GatewayError): boolean {
  const status = statusOf(error);
  if (status === undefined) return CONNECTION_FAILURES.has(error.code);
  return RETRYABLE_STATUS.has(status) && (error.retryAfterSeconds ?? 0) <= LONGEST_RETRY_AFTER_SECONDS;
}

/** Milliseconds before the next attempt: what the server asked for, else exponential with full jitter. */
export function retryDelayMs(
  error: GatewayError,
  attempt: number,
  random: () => number = Math.random,
): number {
  if (error.retryAfterSeconds !== undefined) return error.retryAfterSeconds * 1000;
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return ceiling * (0.5 + random() / 2);
}

/** Waits, or throws the signal's reason as soon as it aborts. */
export async function waitForRetry(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}

/** HTTP status of the upstream's answer, when there was one. */
function statusOf(error: GatewayError): number | undefined {
  const { cause } = error;
  return cause instanceof Error && 'status' in cause && typeof cause.status === 'number'
    ? cause.status
    : undefined;
}
