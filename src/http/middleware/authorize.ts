import type { MiddlewareHandler } from 'hono';
import type { RequestLimiter } from '../../access/request-limiter.ts';
import { ownerOf } from '../../domain/principal.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { Instruments } from '../../telemetry/instruments.ts';
import type { GatewayEnvironment } from '../exchange.ts';

/** Lets a known caller through within his limit; everybody else gets 401, 403 or 429. */
export function authorize(
  limiter: RequestLimiter,
  instruments: Instruments,
): MiddlewareHandler<GatewayEnvironment> {
  return async function authorize(c, next) {
    const { principal, identityError, requestsPerMinute } = c.get('exchange');
    if (principal === undefined) throw identityError ?? new GatewayError('authentication_required');
    if (requestsPerMinute > 0) {
      const decision = await limiter.consume(ownerOf(principal), requestsPerMinute);
      c.env.outgoing.setHeader('x-ratelimit-limit-requests', String(decision.limit));
      c.env.outgoing.setHeader('x-ratelimit-remaining-requests', String(decision.remaining));
      if (!decision.allowed) {
        instruments['glassgate.requests.rejected'].record(1, { 'glassgate.reason': 'rate_limited' });
        throw new GatewayError('rate_limited', { retryAfterSeconds: decision.retryAfterSeconds });
      }
    }
    await next();
  };
}
