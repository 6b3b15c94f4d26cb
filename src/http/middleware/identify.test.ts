import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKeyStore, type KeyStore } from '../../access/key-store.ts';
import { createSession } from '../../access/visitor-session.ts';
import { loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { identify, type IdentityOptions } from './identify.ts';

const SECRET = Buffer.alloc(32, 7);
const HOST = 'localhost:8080';

let folder: string;
let keys: KeyStore;
let key: string;
let keyId: string;
let limitedKey: string;
let revokedKey: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-'));
  keys = openKeyStore(join(folder, 'access.db'));
  const created = keys.create({ label: 'one' });
  key = created.text;
  keyId = created.key.id;
  limitedKey = keys.create({ label: 'limited', requestsPerMinute: 3 }).text;
  const revoked = keys.create({ label: 'revoked' });
  keys.revoke(revoked.key.id);
  revokedKey = revoked.text;
});

afterAll(() => {
  keys.close();
  rmSync(folder, { recursive: true });
});

interface Scene {
  readonly headers?: IncomingHttpHeaders;
  readonly from?: string | undefined;
  readonly boundToLoopback?: boolean;
  readonly visitors?: Config['auth']['visitors'];
  readonly keyStore?: KeyStore;
}

/** Who asks in this scene: the principal with its limit, or the code of the refusal. */
function who(scene: Scene = {}) {
  const {
    headers = {},
    from = '127.0.0.1',
    boundToLoopback = true,
    visitors = 'key',
    keyStore = keys,
  } = scene;
  const incoming = {
    headers: { host: HOST, ...headers },
    socket: { remoteAddress: from },
  } as unknown as IncomingMessage;
  const { auth } = loadConfig({ GLASSGATE_AUTH_VISITORS: visitors });
  const options: IdentityOptions = { auth, boundToLoopback, keys: keyStore, secret: SECRET };
  const { principal, error, requestsPerMinute } = identify(incoming, options);
  return principal === undefined ? error?.code : { ...principal, requestsPerMinute };
}

function bearer(token: string): IncomingHttpHeaders {
  return { authorization: `Bearer ${token}` };
}

function session(): { headers: IncomingHttpHeaders; id: string } {
  const { setCookie, visitorId } = createSession(SECRET, { secure: false });
  return { headers: { cookie: setCookie.split(';')[0] }, id: visitorId };
}

const OUTSIDE: Scene = { from: '203.0.113.7', boundToLoopback: false };
const LOCAL = { kind: 'local', id: 'loopback', requestsPerMinute: 0 };

describe('an API key', () => {
  test.each<[string, Scene]>([
    ['on loopback', {}],
    ['from outside', OUTSIDE],
    ['behind a front', { ...OUTSIDE, visitors: 'forwarded' }],
    ['where anybody may ask', { ...OUTSIDE, visitors: 'anonymous' }],
  ])('%s says who asks', (_name, scene) => {
    expect(who({ ...scene, headers: bearer(key) })).toEqual({
      kind: 'key',
      id: keyId,
      requestsPerMinute: 600,
    });
  });

  test('has a limit of its own where it was given one', () => {
    expect(who({ ...OUTSIDE, headers: bearer(limitedKey) })).toMatchObject({ requestsPerMinute: 3 });
  });

  test.each(['bearer', 'BEARER', 'Bearer '])('may be announced as %j', (scheme) => {
    expect(who({ ...OUTSIDE, headers: { authorization: `${scheme} ${key}` } })).toMatchObject({
      kind: 'key',
    });
  });

  test.each(['on loopback', 'from outside'])('that was revoked opens nothing %s', (place) => {
    const scene = place === 'on loopback' ? {} : OUTSIDE;
    expect(who({ ...scene, headers: bearer(revokedKey) })).toBe('invalid_api_key');
  });

  test('that is not known opens nothing, not even on loopback when it looks like ours', () => {
    const forged = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    expect(who({ headers: bearer(forged) })).toBe('invalid_api_key');
    expect(who({ headers: bearer('gg_x') })).toBe('invalid_api_key');
    expect(who({ ...OUTSIDE, headers: bearer(forged) })).toBe('invalid_api_key');
  });

  test('of another kind is a placeholder on loopback, and nothing outside', () => {
    expect(who({ headers: bearer('sk-none') })).toEqual(LOCAL);
    expect(who({ ...OUTSIDE, headers: bearer('sk-none') })).toBe('invalid_api_key');
  });

  test.each(['', 'Bearer', 'Bearer  ', 'Basic YTpi', 'Bearer a b'])('%j is none', (authorization) => {
    expect(who({ ...OUTSIDE, headers: { authorization } })).toBe('authentication_required');
  });

  test('wins over a session and over a name given by a front', () => {
    const headers = { ...session().headers, ...bearer(key), 'x-forwarded-user': 'ann' };
    expect(who({ ...OUTSIDE, visitors: 'forwarded', headers })).toMatchObject({ kind: 'key' });
  });

  test('that cannot be looked up lets nobody in', () => {
    const broken: KeyStore = {
      ...keys,
      verify() {
        throw new Error('disk I/O error');
      },
    };
    expect(who({ ...OUTSIDE, keyStore: broken, headers: bearer(key) })).toBe('internal_error');
  });
});

describe('keyless loopback', () => {
  test.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('from %s needs no key', (from) => {
    expect(who({ from })).toEqual(LOCAL);
  });

  test('a visitor of the page is told from others', () => {
    const { headers, id } = session();
    expect(who({ headers })).toEqual({ kind: 'visitor', id, requestsPerMinute: 0 });
  });

  test.each<[string, Scene]>([
    ['somebody else', { from: '192.168.1.5' }],
    ['nobody knows who', { from: '' }],
    ['this machine, while others can reach the port, too', { boundToLoopback: false }],
    ['this machine, through a proxy', { headers: { 'x-forwarded-for': '203.0.113.7' } }],
    ['this machine, through a proxy of the newer kind', { headers: { forwarded: 'for=203.0.113.7' } }],
  ])('is not for %s', (_name, scene) => {
    expect(who(scene)).toBe('authentication_required');
  });

  test.each(['localhost', 'LOCALHOST:8080', '127.0.0.1:8080', '127.1.2.3', '[::1]:8080'])(
    'a page at %s may ask',
    (host) => {
      expect(who({ headers: { host } })).toEqual(LOCAL);
    },
  );

  test.each([
    'evil.example',
    'localhost.evil.example',
    'localhost:8080.evil.example',
    '127.0.0.1.evil.example',
    '192.168.1.5:8080',
    'evil.example:8080',
    '',
  ])('a page at %j may not: its name may have been bound to this machine', (host) => {
    expect(who({ headers: { host } })).toBe('cross_site_request');
  });

  test('a page of another site may not, not even with the session of the person at the machine', () => {
    const headers = { ...session().headers, 'sec-fetch-site': 'cross-site' };
    expect(who({ headers })).toBe('cross_site_request');
  });

  test.each(['same-origin', 'same-site', 'none'])('a request of the browser marked %s may', (site) => {
    expect(who({ headers: { 'sec-fetch-site': site } })).toEqual(LOCAL);
  });

  test('a key is enough wherever the page is from', () => {
    expect(
      who({ headers: { ...bearer(key), host: 'evil.example', 'sec-fetch-site': 'cross-site' } }),
    ).toMatchObject({
      kind: 'key',
    });
  });
});

describe('visitors from outside', () => {
  test('are let in without a key only where that was chosen', () => {
    const { headers, id } = session();
    expect(who({ ...OUTSIDE, headers })).toBe('authentication_required');
    expect(who({ ...OUTSIDE, visitors: 'anonymous', headers })).toEqual({
      kind: 'visitor',
      id,
      requestsPerMinute: 30,
    });
    expect(who({ ...OUTSIDE, visitors: 'forwarded', headers })).toBe('authentication_required');
  });

  test('need a session that we have signed', () => {
    const { headers } = session();
    const cookie = headers.cookie ?? '';
    for (const forged of [
      '',
      'glassgate_session=x',
      `${cookie}x`,
      cookie.replace('=', '=A'),
      cookie.slice(0, -1),
    ])
      expect(who({ ...OUTSIDE, visitors: 'anonymous', headers: { cookie: forged } })).toBe(
        'authentication_required',
      );
  });
});

describe('users named by a trusted front', () => {
  const named = (user: string | undefined, visitors: Config['auth']['visitors'] = 'forwarded') =>
    who({ ...OUTSIDE, visitors, headers: user === undefined ? {} : { 'x-forwarded-user': user } });

  test('are told apart, always the same way, and without their names', () => {
    const ann = named('ann@example.org');
    expect(ann).toEqual({
      kind: 'forwarded',
      id: expect.stringMatching(/^[\w-]{22}$/) as string,
      requestsPerMinute: 600,
    });
    expect(named('ann@example.org')).toEqual(ann);
    expect(named('bob@example.org')).not.toEqual(ann);
    expect(JSON.stringify(ann)).not.toContain('example');
  });

  test('are asked for a name', () => {
    expect([named(undefined), named('')]).toEqual(['authentication_required', 'authentication_required']);
  });

  test.each(['key', 'anonymous'] as const)('mean nothing where the choice is %s', (visitors) => {
    expect(named('ann@example.org', visitors)).toBe('authentication_required');
  });
});
