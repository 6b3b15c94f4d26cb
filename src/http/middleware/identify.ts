import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { KeyStore } from '../../access/key-store.ts';
import { readSession } from '../../access/visitor-session.ts';
import type { Config } from '../../config/schema.ts';
import type { Principal } from '../../domain/principal.ts';
import { GatewayError, toGatewayError } from '../../errors/gateway-error.ts';

/** What is needed to tell who asks. */
export interface IdentityOptions {
  readonly auth: Config['auth'];
  /** The public port listens on loopback only. */
  readonly boundToLoopback: boolean;
  readonly keys: KeyStore;
  readonly secret: Uint8Array;
}

/** Who asks, and how often they may. */
export interface Identity {
  readonly principal: Principal | undefined;
  readonly error: GatewayError | undefined;
  readonly requestsPerMinute: number;
}

const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/;
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
const BEARER = /^Bearer +(\S+)$/i;
/** Shape of a key of ours: anything else sent on keyless loopback is a placeholder that clients insist on. */
const OUR_KEY = /^gg_/;

/**
 * Tells who asks: an API key, a user named by a trusted front, a visitor with a session, or anyone on keyless loopback.
 * Loopback is trusted only when the gateway listens nowhere else and nothing says that a proxy stands in between.
 */
export function identify(incoming: IncomingMessage, options: IdentityOptions): Identity {
  const { auth } = options;
  const local = isLocal(incoming, options.boundToLoopback);
  const token = BEARER.exec(incoming.headers.authorization ?? '')?.[1];
  if (token !== undefined && (!local || OUR_KEY.test(token))) return identifyKey(token, options);
  if (local && isForeignPage(incoming)) return refused(new GatewayError('cross_site_request'));
  const visitor = readSession(incoming.headers.cookie, options.secret);
  if (local) {
    const principal: Principal =
      visitor === undefined ? { kind: 'local', id: 'loopback' } : { kind: 'visitor', id: visitor };
    return { principal, error: undefined, requestsPerMinute: 0 };
  }
  if (auth.visitors === 'forwarded') {
    const user = incoming.headers[auth.forwarded_header.toLowerCase()];
    if (typeof user === 'string' && user !== '')
      return known({ kind: 'forwarded', id: pseudonymOf(user, options.secret) }, auth.requests_per_minute);
  }
  if (auth.visitors === 'anonymous' && visitor !== undefined) {
    return known({ kind: 'visitor', id: visitor }, auth.visitor_requests_per_minute);
  }
  return refused(new GatewayError('authentication_required'));
}

/** A front names people by mail address or login: what is stored with answers must not say who they are. */
function pseudonymOf(user: string, secret: Uint8Array): string {
  return createHmac('sha256', secret).update(user).digest('base64url').slice(0, 22);
}

function identifyKey(token: string, options: IdentityOptions): Identity {
  try {
    const key = options.keys.verify(token);
    if (key === undefined) return refused(new GatewayError('invalid_api_key'));
    return known({ kind: 'key', id: key.id }, key.requestsPerMinute ?? options.auth.requests_per_minute);
  } catch (thrown) {
    // The file of the keys cannot be read: nobody is let in, and the request is told like any other.
    return refused(toGatewayError(thrown));
  }
}

function isLocal(incoming: IncomingMessage, boundToLoopback: boolean): boolean {
  const { headers, socket } = incoming;
  const proxied = headers['x-forwarded-for'] !== undefined || headers['forwarded'] !== undefined;
  return boundToLoopback && !proxied && LOOPBACK_ADDRESS.test(socket.remoteAddress ?? '');
}

/** A page of another site, or one that rebinds its DNS name to this machine, must not speak for the person at it. */
function isForeignPage(incoming: IncomingMessage): boolean {
  const { host, 'sec-fetch-site': site } = incoming.headers;
  return site === 'cross-site' || (host !== undefined && !LOOPBACK_HOST.test(host));
}

function known(principal: Principal, requestsPerMinute: number): Identity {
  return { principal, error: undefined, requestsPerMinute };
}

function refused(error: GatewayError): Identity {
  return { principal: undefined, error, requestsPerMinute: 0 };
}
