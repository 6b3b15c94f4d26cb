import type { Context } from '@opentelemetry/api';
import type { Principal } from './principal.ts';

/** What every stage may know about the request it works for; nothing in it changes. */
export interface RequestContext {
  readonly requestId: string;
  readonly answerId: string;
  readonly principal: Principal;
  readonly owner: string;
  readonly traceId: string;
  /** Telemetry context of the request's SERVER span: the parent of every stage. */
  readonly telemetry: Context;
  /** Aborts when the caller leaves; its reason is a `GatewayError`. */
  readonly signal: AbortSignal;
  /** `performance.now()` at the first byte of the request. */
  readonly startedAt: number;
}
