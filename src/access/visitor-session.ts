import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Name of the cookie that makes a visitor of the page the owner of their answers. */
export const SESSION_COOKIE = 'glassgate_session';

/** A new session: the visitor's id and the header that gives it to the browser. */
export interface NewSession {
  readonly visitorId: string;
  readonly setCookie: string;
}

/** How the cookie is to be kept. */
export interface SessionOptions {
  /** The request came over TLS, so the cookie may be limited to it. */
  readonly secure: boolean;
  readonly maxAgeSeconds?: number;
}

const SESSION_VALUE = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;
const ID_BYTES = 16;
const THIRTY_DAYS_SECONDS = 30 * 24 * 60 * 60;

/** Starts the session of a new visitor. */
export function createSession(secret: Uint8Array, options: SessionOptions): NewSession {
  const visitorId = randomBytes(ID_BYTES).toString('base64url');
  const value = `${visitorId}.${signatureOf(visitorId, secret).toString('base64url')}`;
  const attributes = [
    `${SESSION_COOKIE}=${value}`,
    'Path=/',
    `Max-Age=${options.maxAgeSeconds ?? THIRTY_DAYS_SECONDS}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(options.secure ? ['Secure'] : []),
  ];
  return { visitorId, setCookie: attributes.join('; ') };
}

/** The visitor id of a `Cookie` header; undefined without a session or with one that we have not signed. */
export function readSession(cookieHeader: string | undefined, secret: Uint8Array): string | undefined {
  for (const value of valuesOf(cookieHeader ?? '')) {
    const [, visitorId, signature] = SESSION_VALUE.exec(value) ?? [];
    if (visitorId === undefined || signature === undefined) continue;
    if (timingSafeEqual(Buffer.from(signature, 'base64url'), signatureOf(visitorId, secret)))
      return visitorId;
  }
  return undefined;
}

/** All of them: a page on a sibling host can plant a second cookie of the same name before ours. */
function valuesOf(cookieHeader: string): string[] {
  return cookieHeader
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
    .map((pair) => pair.slice(SESSION_COOKIE.length + 1));
}

/** The prefix keeps a session's signature from ever being valid as another kind of proof made with the same secret. */
function signatureOf(visitorId: string, secret: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`session:${visitorId}`).digest();
}
