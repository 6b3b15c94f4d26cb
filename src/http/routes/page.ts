import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { createSession } from '../../access/visitor-session.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { GatewayEnvironment } from '../exchange.ts';

/** What the chat page needs. */
export interface PageRouteOptions {
  /** Folder of the built page. */
  readonly folder: string;
  /** Signs sessions. */
  readonly secret: Uint8Array;
}

interface PageFile {
  readonly type: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** One coding of `Accept-Encoding`: gzip, unless it is refused by a weight of zero. */
const GZIP = /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$)[\d.]+\s*)?$/i;

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** `GET /` and `/assets/*`: the chat page from memory. The page itself gives its visitor a session. */
export function pageRoute({ folder, secret }: PageRouteOptions): Hono<GatewayEnvironment> {
  const files = loadFiles(folder);
  return new Hono<GatewayEnvironment>()
    .get('/', (c) => {
      if (c.get('exchange').principal?.kind !== 'visitor') {
        const secure = c.req.header('x-forwarded-proto') === 'https';
        c.env.outgoing.setHeader('set-cookie', createSession(secret, { secure }).setCookie);
      }
      return send(files.get('/index.html'), c.req.header('accept-encoding'), 'no-cache');
    })
    .get('/assets/*', (c) =>
      send(files.get(c.req.path), c.req.header('accept-encoding'), 'public, max-age=31536000, immutable'),
    );
}

function send(file: PageFile | undefined, accepted: string | undefined, cache: string): Response {
  if (file === undefined) throw new GatewayError('not_found');
  const zipped = accepted?.split(',').some((coding) => GZIP.test(coding)) === true;
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': file.type,
    'cache-control': cache,
    vary: 'accept-encoding',
  };
  return new Response(zipped ? file.gzipped : file.plain, {
    headers: zipped ? { ...headers, 'content-encoding': 'gzip' } : headers,
  });
}

function loadFiles(folder: string): ReadonlyMap<string, PageFile> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    names.flatMap((name) => {
      const type = TYPES[extname(name)];
      return type === undefined
        ? []
        : [[`/${name.replaceAll('\\', '/')}`, loadFile(join(folder, name), type)]];
    }),
  );
}

function loadFile(path: string, type: string): PageFile {
  const plain = new Uint8Array(readFileSync(path));
  return { type, plain, gzipped: new Uint8Array(gzipSync(plain, { level: 9 })) };
}
