import { propagation, ROOT_CONTEXT, SpanKind, trace, type Context } from '@opentelemetry/api';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MiddlewareHandler } from 'hono';
import { GatewayError, toGatewayError } from '../../errors/gateway-error.ts';
import type { Instruments } from '../../telemetry/instruments.ts';
import * as semconv from '../../telemetry/semconv.ts';
import { openSpan, type OpenSpan } from '../../telemetry/spans.ts';
import { ATTRIBUTES } from '../../telemetry/vocabulary.ts';
import type { Exchange, GatewayEnvironment } from '../exchange.ts';
import { closeExchange } from './close-exchange.ts';
import { routeTemplate } from '../route-template.ts';
import { identify, type Identity, type IdentityOptions } from './identify.ts';

/** What the outermost middleware needs. */
export interface ServerTelemetryOptions extends IdentityOptions {
  readonly instruments: Instruments;
  /** Ends every open request, with its reason. */
  readonly shutdown: AbortSignal;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * One SERVER span, one duration, one log line and the in-flight gauge for every request, open until the last byte,
 * the error or the caller's leaving: a handler that streams returns only when its stream is over.
 */
export function serverTelemetry(options: ServerTelemetryOptions): MiddlewareHandler<GatewayEnvironment> {
  return async function serverTelemetry(c, next) {
    const { incoming, outgoing } = c.env;
    const startedAt = performance.now();
    const identity = identify(incoming, options);
    const signal = abortWhenClosed(outgoing, options.shutdown);
    // Where the request leads, not what it says: `/assets/../v1/models` is the list of models.
    const route = routeTemplate(c.req.path);
    const exchange = openExchange(incoming, { identity, startedAt, signal, route });
    c.set('exchange', exchange);
    outgoing.setHeader('x-request-id', exchange.requestId);
    outgoing.setHeader('x-glassgate-trace-id', exchange.span.traceId);
    options.instruments['http.server.active_requests'].record(1, {});
    try {
      await next();
      // Hono keeps what a handler threw: an outer try would not see it.
      if (c.error !== undefined) exchange.failure ??= toGatewayError(c.error);
    } finally {
      options.instruments['http.server.active_requests'].record(-1, {});
      // With a stream the head was written long ago; otherwise Hono's response is about to be.
      const status = outgoing.headersSent ? outgoing.statusCode : c.res.status;
      closeExchange(exchange, { method: methodOf(incoming), route, status }, options.instruments);
    }
  };
}

interface ExchangeStart {
  readonly identity: Identity;
  readonly startedAt: number;
  readonly signal: AbortSignal;
  readonly route: string | undefined;
}

function openExchange(incoming: IncomingMessage, start: ExchangeStart): Exchange {
  const { identity, startedAt, signal } = start;
  const sent = incoming.headers['x-request-id'];
  const requestId = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
  return {
    requestId,
    startedAt,
    span: openServerSpan(incoming, start, requestId),
    signal,
    principal: identity.principal,
    identityError: identity.error,
    requestsPerMinute: identity.requestsPerMinute,
    failure: undefined,
    answerId: undefined,
  };
}

/** A known caller's trace is continued; a stranger's is linked, so that nobody outside chooses our trace ids or our sampling. */
function openServerSpan(incoming: IncomingMessage, request: ExchangeStart, requestId: string): OpenSpan {
  const { route, identity } = request;
  const { principal } = identity;
  const method = methodOf(incoming);
  const start = {
    kind: SpanKind.SERVER,
    attributes: {
      [semconv.ATTR_HTTP_REQUEST_METHOD]: method,
      [semconv.ATTR_URL_PATH]: pathOf(incoming).slice(0, 256),
      [semconv.ATTR_URL_SCHEME]: 'http',
      [ATTRIBUTES.REQUEST_ID]: requestId,
      [ATTRIBUTES.PRINCIPAL_KIND]: principal?.kind ?? 'unknown',
    },
  };
  const name = route === undefined ? method : `${method} ${route}`;
  if (incoming.headers['traceparent'] === undefined) return openSpan(name, start);
  const caller: Context = propagation.extract(ROOT_CONTEXT, incoming.headers);
  if (principal?.kind === 'key' || principal?.kind === 'local')
    return openSpan(name, { ...start, parent: caller });
  const context = trace.getSpanContext(caller);
  return openSpan(name, { ...start, links: context === undefined ? [] : [{ context }] });
}

function methodOf(incoming: IncomingMessage): 'GET' | '_OTHER' {
  const method = incoming.method ?? '';
  // The cast only narrows to the closed set of the vocabulary.
  return (METHODS.has(method) ? method : semconv.METHOD_OTHER) as 'GET' | '_OTHER';
}

/** The path without its query, which may hold anything. */
function pathOf(incoming: IncomingMessage): string {
  return (incoming.url ?? '/').split('?', 1)[0] ?? '/';
}

function abortWhenClosed(outgoing: ServerResponse, shutdown: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const onShutdown = (): void => controller.abort(shutdown.reason);
  shutdown.addEventListener('abort', onShutdown, { once: true });
  outgoing.once('close', () => {
    shutdown.removeEventListener('abort', onShutdown);
    if (!outgoing.writableFinished) controller.abort(new GatewayError('client_closed_request'));
  });
  return controller.signal;
}
