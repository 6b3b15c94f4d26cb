import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { Hono, type Context } from 'hono';
import type { Secret } from '../config/secret.ts';
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts';
import { errorResponse } from '../http/error-response.ts';
import type { GatewayEnvironment } from '../http/exchange.ts';
import { readJsonBody } from '../http/wire/read-body.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { log } from '../telemetry/log.ts';
import type { Notification } from './notification.ts';
import type { Acceptance } from './queue/notification-queue.ts';
import { codeOf } from './sender.ts';
import { parseWebhook } from './webhook.ts';

/** What the relay's port is made of. */
export interface RelayAppOptions {
  readonly token: Secret;
  readonly instruments: Instruments;
  /** Puts a notification into the queue, and on disk. */
  readonly accept: (notification: Notification) => Acceptance;
  /** DingTalk's number while nothing can be sent, so that Alertmanager does not believe it were. */
  readonly degraded: () => number | undefined;
  readonly metrics: () => Promise<string>;
  readonly readiness: () => { readonly ready: boolean; readonly missing: readonly string[] };
}

type WebhookOutcome = Acceptance | 'unauthorized' | 'malformed' | 'degraded' | 'failed';

const BODY_LIMITS = { limitBytes: 1 << 20, timeoutMs: 10_000 };
const ALLOWED_METHODS = {
  '/v1/alerts': 'POST',
  '/metrics': 'GET, HEAD',
  '/livez': 'GET, HEAD',
  '/readyz': 'GET, HEAD',
} as const;

/** The relay's internal port: Alertmanager's webhook, health and metrics. */
export function createRelayApp(options: RelayAppOptions): Hono<GatewayEnvironment> {
  const { metrics, readiness, instruments } = options;
  const app = new Hono<GatewayEnvironment>();
  app.post('/v1/alerts', (c) => receive(c, options));
  app.get('/metrics', async (c) =>
    c.body(await metrics(), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );
  app.get('/livez', (c) => c.json({ live: true }));
  app.get('/readyz', (c) => {
    const state = readiness();
    return c.json({ ...state, missing: [...state.missing] }, state.ready ? 200 : 503);
  });
  for (const [path, methods] of Object.entries(ALLOWED_METHODS)) {
    app.all(path, () => {
      const response = refuse(new GatewayError('method_not_allowed'));
      response.headers.set('allow', methods);
      return response;
    });
  }
  app.notFound(() => refuse(new GatewayError('not_found')));
  app.onError((thrown, c) => {
    const error = toGatewayError(thrown);
    if (c.req.path === '/v1/alerts') note(error, instruments);
    return refuse(error);
  });
  return app;
}

/** Answers 200 once the notification is on disk; everything else makes Alertmanager try again or count a failure. */
async function receive(c: Context<GatewayEnvironment>, options: RelayAppOptions): Promise<Response> {
  authorize(c.req.header('authorization'), options.token);
  const notification = parseWebhook(await readJsonBody(c.env.incoming, BODY_LIMITS));
  const code = options.degraded();
  if (code !== undefined) {
    throw new GatewayError('upstream_unauthorized', {
      message: `DingTalk refuses messages of this relay (${code}).`,
    });
  }
  const outcome = store(notification, options);
  if (outcome === 'queue_full')
    throw new GatewayError('overloaded', { message: 'The queue of the relay is full.' });
  options.instruments['glassgate.relay.webhooks'].record(1, { 'glassgate.relay.webhook': outcome });
  return c.json({ object: 'glassgate.alert', outcome });
}

function store(notification: Notification, { accept }: RelayAppOptions): Acceptance {
  try {
    return accept(notification);
  } catch (error) {
    log.error('relay.storage_failed', { 'error.type': codeOf(error) });
    throw new GatewayError('storage_unavailable', { cause: error });
  }
}

function authorize(header: string | undefined, token: Secret): void {
  if (header === undefined) {
    throw new GatewayError('authentication_required', { message: 'A bearer token is required.' });
  }
  // Digests have one length, and comparing them takes one time, whatever was sent.
  const [given, wanted] = [header, `Bearer ${token.expose()}`].map((text) =>
    createHash('sha256').update(text).digest(),
  );
  if (given === undefined || wanted === undefined || !timingSafeEqual(given, wanted)) {
    throw new GatewayError('invalid_api_key', { message: 'The bearer token is wrong.' });
  }
}

function note(error: GatewayError, instruments: Instruments): void {
  instruments['glassgate.relay.webhooks'].record(1, { 'glassgate.relay.webhook': outcomeOf(error) });
  log.warn('relay.webhook_refused', {
    'glassgate.error.code': error.code,
    ...(error.param === undefined ? {} : { param: error.param.slice(0, 64) }),
  });
}

function outcomeOf({ code, status }: GatewayError): WebhookOutcome {
  if (code === 'overloaded') return 'queue_full';
  if (code === 'upstream_unauthorized') return 'degraded';
  if (status === 401) return 'unauthorized';
  return status < 500 ? 'malformed' : 'failed';
}

function refuse(error: GatewayError): Response {
  const requestId = randomUUID();
  const response = errorResponse(error, requestId);
  response.headers.set('x-request-id', requestId);
  return response;
}
