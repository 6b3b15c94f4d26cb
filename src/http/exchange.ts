import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../domain/principal.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import type { OpenSpan } from '../telemetry/spans.ts';

/** One HTTP request while it is served: what the middlewares find out about it, for those after them. */
export interface Exchange {
  readonly requestId: string;
  readonly startedAt: number;
  readonly span: OpenSpan;
  /** Aborts with `client_closed_request` when the caller leaves, with `shutting_down` when the time to drain is over. */
  readonly signal: AbortSignal;
  /** Who asks; absent when that could not be told (`identityError` says why). */
  readonly principal: Principal | undefined;
  readonly identityError: GatewayError | undefined;
  /** Requests per minute of this caller; 0: no limit. */
  readonly requestsPerMinute: number;
  /** How it failed, also when that was after the first byte. */
  failure: GatewayError | undefined;
  /** Id of the answer the request led to. */
  answerId: string | undefined;
}

/** Bindings and variables of every Hono route of the gateway. */
export interface GatewayEnvironment {
  readonly Bindings: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
  readonly Variables: { exchange: Exchange };
}
