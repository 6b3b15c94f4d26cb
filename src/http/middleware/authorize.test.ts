import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RequestLimiter } from '../../access/request-limiter.ts';
import { GatewayError, toGatewayError } from '../../errors/gateway-error.ts';
import { createInstruments } from '../../telemetry/instruments.ts';
import { errorResponse } from '../error-response.ts';
import type { Exchange, GatewayEnvironment } from '../exchange.ts';
import { authorize } from './authorize.ts';

/** Who asks in the next request. */
let caller: Pick<Exchange, 'principal' | 'identityError' | 'requestsPerMinute'>;
/** What the limiter was asked, and what it says. */
let consumed: [owner: string, limit: number][];
let decision: Awaited<ReturnType<RequestLimiter['consume']>>;
let rejected: string[];
let handled: number;
let url: string;
let close: () => void;

beforeEach(async () => {
  caller = { principal: { kind: 'key', id: 'k1' }, identityError: undefined, requestsPerMinute: 5 };
  decision = { allowed: true, limit: 5, remaining: 4, retryAfterSeconds: 0 };
  [consumed, rejected, handled] = [[], [], 0];
  const limiter: RequestLimiter = {
    consume(owner, limit) {
      consumed.push([owner, limit]);
      return Promise.resolve(decision);
    },
  };
  const instruments = {
    ...createInstruments(),
    'glassgate.requests.rejected': {
      record: (_one: number, labels: object) => void rejected.push(...Object.values(labels).map(String)),
    },
  };
  const app = new Hono<GatewayEnvironment>()
    .use((c, next) => {
      c.set('exchange', caller as Exchange);
      return next();
    })
    .use(authorize(limiter, instruments))
    .get('/', (c) => {
      handled += 1;
      return c.text('in');
    })
    .onError((thrown) => errorResponse(toGatewayError(thrown), 'r'));
  const answer = getRequestListener(app.fetch);
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => void server.close();
});

afterEach(() => close());

async function ask() {
  const response = await fetch(url, { headers: { connection: 'close' } });
  await response.text();
  return { status: response.status, headers: response.headers };
}

describe('a known caller', () => {
  test('within the limit goes through, and is told what is left', async () => {
    const { status, headers } = await ask();
    expect([status, handled]).toEqual([200, 1]);
    expect(consumed).toEqual([['key:k1', 5]]);
    expect([
      headers.get('x-ratelimit-limit-requests'),
      headers.get('x-ratelimit-remaining-requests'),
    ]).toEqual(['5', '4']);
    expect(rejected).toEqual([]);
  });

  test('past the limit does not, and is told when to come back', async () => {
    decision = { allowed: false, limit: 5, remaining: 0, retryAfterSeconds: 42 };
    const { status, headers } = await ask();
    expect([status, handled]).toEqual([429, 0]);
    expect(headers.get('retry-after')).toBe('42');
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(rejected).toEqual(['rate_limited']);
  });

  test('without a limit is not counted', async () => {
    caller = { ...caller, requestsPerMinute: 0 };
    const { status, headers } = await ask();
    expect(status).toBe(200);
    expect(consumed).toEqual([]);
    expect(headers.has('x-ratelimit-limit-requests')).toBe(false);
  });

  test.each([
    [{ kind: 'visitor', id: 'x' }, 'visitor:x'],
    [{ kind: 'forwarded', id: 'x' }, 'forwarded:x'],
    [{ kind: 'local', id: 'x' }, 'local:x'],
  ] as const)('is counted with others of his kind only: %j', async (principal, owner) => {
    caller = { ...caller, principal };
    await ask();
    expect(consumed).toEqual([[owner, 5]]);
  });
});

describe('an unknown caller', () => {
  test.each([
    [new GatewayError('invalid_api_key'), 401],
    [new GatewayError('cross_site_request'), 403],
    [new GatewayError('storage_unavailable'), 503],
    [undefined, 401],
  ])('is refused for the reason there is (%#)', async (identityError, status) => {
    caller = { principal: undefined, identityError, requestsPerMinute: 0 };
    expect((await ask()).status).toBe(status);
    expect([handled, consumed]).toEqual([0, []]);
  });
});
