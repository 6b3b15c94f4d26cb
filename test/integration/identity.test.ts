import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openKeyStore } from '../../src/access/key-store.ts';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { startTestGateway, type GatewayUnderTest } from '../support/gateway.ts';
import { sendRaw } from '../support/raw-connection.ts';
import { replay } from '../support/recorded-replies.ts';
import { openLedger, toldAs } from '../support/request-ledger.ts';
import { installTelemetryProbe } from '../support/telemetry-probe.ts';

const probe = installTelemetryProbe();
let upstream: FakeUpstream;

beforeAll(async () => {
  upstream = await startFakeUpstream(replay('chat'));
});

afterAll(async () => {
  await upstream.close();
});

/** A gateway for one group of tests. */
function useGateway(settings: Record<string, string> = {}): () => GatewayUnderTest {
  let gateway: GatewayUnderTest | undefined;
  beforeAll(async () => {
    gateway = await startTestGateway(upstream.url, settings);
  });
  afterAll(async () => {
    await gateway?.stop();
  });
  return () => gateway as GatewayUnderTest;
}

/** Listens on every address, so that nobody is local; the tests come over loopback all the same. */
const PUBLIC = { GLASSGATE_SERVER_HOST: '0.0.0.0' };

type Headers = Record<string, string>;

async function ask({ url }: GatewayUnderTest, headers: Headers = {}): Promise<Response> {
  const body = JSON.stringify({ model: FAKE_MODEL, messages: [{ role: 'user', content: 'Hello?' }] });
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  return fetch(`${url}/v1/chat/completions`, init);
}

/** Status, and who the gateway took the caller for or why it did not. */
async function outcomeOf(response: Response): Promise<string> {
  const { error } = (await response.json()) as { error?: { code: string } };
  if (error !== undefined) return `${response.status} ${error.code}`;
  const requestId = response.headers.get('x-request-id');
  const lineOf = () =>
    probe.logs().find(({ attributes }) => attributes['glassgate.request.id'] === requestId);
  await expect.poll(lineOf).toBeDefined();
  return `${response.status} ${String(lineOf()?.attributes['glassgate.principal.kind'])}`;
}

function createKey({ folder }: GatewayUnderTest, requestsPerMinute?: number) {
  const keys = openKeyStore(join(folder, 'access.db'));
  const { text, key } = keys.create({ label: 'test', requestsPerMinute });
  keys.close();
  return { id: key.id, headers: { authorization: `Bearer ${text}` } };
}

/** The cookie the page gives a new visitor. */
async function visit({ url }: GatewayUnderTest): Promise<Headers> {
  const cookie = (await fetch(url)).headers.get('set-cookie')?.split(';')[0];
  return { cookie: cookie ?? '' };
}

const UNKNOWN_KEY = `Bearer gg_${'a'.repeat(10)}_${'b'.repeat(43)}`;

describe('on loopback', () => {
  const gateway = useGateway();

  test.each<[string, Headers]>([
    ['nothing', {}],
    ['a placeholder', { authorization: 'Bearer sk-placeholder' }],
    ['a placeholder without a word for it', { authorization: 'Bearer' }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['a page of this machine', { 'sec-fetch-site': 'same-origin' }],
    ['an address typed by hand', { 'sec-fetch-site': 'none' }],
  ])('who sends %s is local', async (_name, headers) => {
    expect(await outcomeOf(await ask(gateway(), headers))).toBe('200 local');
  });

  test.each(['localhost', 'LOCALHOST:8080', '127.0.0.1:1', '127.8.9.10', '[::1]:8080'])(
    'Host %s is this machine',
    async (host) => {
      const response = await sendRaw(gateway().port, `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(response.status).toBe(200);
    },
  );

  test.each(['attacker.example', '127.0.0.1.attacker.example', 'localhost.attacker.example:80', '192.0.2.1'])(
    'Host %s is a name that was turned to this machine: 403',
    async (host) => {
      const ledger = await openLedger(probe);
      const response = await sendRaw(gateway().port, `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect([response.status, JSON.parse(response.body)]).toMatchObject([
        403,
        { error: { code: 'cross_site_request' } },
      ]);
      expect(await ledger.told(1)).toEqual(toldAs('GET /v1/models 403 cross_site_request'));
    },
  );

  test('a page of another site is refused, also with the cookie of a visitor; one with a key is not', async () => {
    const foreign = { 'sec-fetch-site': 'cross-site' };
    expect(await outcomeOf(await ask(gateway(), foreign))).toBe('403 cross_site_request');
    const visitor = await visit(gateway());
    expect(await outcomeOf(await ask(gateway(), { ...visitor, ...foreign }))).toBe('403 cross_site_request');
    const { headers } = createKey(gateway());
    expect(await outcomeOf(await ask(gateway(), { ...headers, ...foreign }))).toBe('200 key');
  });

  test('a key of ours: valid, revoked, unknown, cut off', async () => {
    const { id, headers } = createKey(gateway());
    expect(await outcomeOf(await ask(gateway(), headers))).toBe('200 key');
    const keys = openKeyStore(join(gateway().folder, 'access.db'));
    keys.revoke(id);
    keys.close();
    const ledger = await openLedger(probe);
    for (const authorization of [headers.authorization, UNKNOWN_KEY, headers.authorization.slice(0, -1)])
      expect(await outcomeOf(await ask(gateway(), { authorization }))).toBe('401 invalid_api_key');
    const refused = 'POST /v1/chat/completions 401 invalid_api_key';
    expect(await ledger.told(3)).toEqual(toldAs(refused, refused, refused));
  });

  test.each<Headers>([
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-for': '203.0.113.7' },
    { forwarded: 'for=127.0.0.1' },
  ])('who comes through a proxy is not local: %j', async (proxied) => {
    const response = await ask(gateway(), proxied);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="glassgate"');
    expect(await outcomeOf(response)).toBe('401 authentication_required');
    const placeholder = { ...proxied, authorization: 'Bearer sk-placeholder' };
    expect(await outcomeOf(await ask(gateway(), placeholder))).toBe('401 invalid_api_key');
    const { headers } = createKey(gateway());
    expect(await outcomeOf(await ask(gateway(), { ...proxied, ...headers }))).toBe('200 key');
  });

  test('the cookie of the page makes a visitor; a forged or foreign one does not', async () => {
    const { cookie = '' } = await visit(gateway());
    expect(await outcomeOf(await ask(gateway(), { cookie }))).toBe('200 visitor');
    expect(await outcomeOf(await ask(gateway(), { cookie: `other=1; ${cookie}; last=2` }))).toBe(
      '200 visitor',
    );
    const [id = ''] = cookie.slice('glassgate_session='.length).split('.');
    const foreign = createHmac('sha256', randomBytes(32)).update(`session:${id}`).digest('base64url');
    const forgeries = [
      `glassgate_session=${id}.${foreign}`,
      cookie.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A')),
      cookie.replace(id, 'A'.repeat(22)),
      `glassgate_session=${id}`,
      'glassgate_session=',
    ];
    for (const forgery of forgeries)
      expect(await outcomeOf(await ask(gateway(), { cookie: forgery })), forgery).toBe('200 local');
    // A second cookie of the same name, planted by a sibling host, does not hide the visitor's own.
    const planted = `${forgeries[0]}; ${cookie}`;
    expect(await outcomeOf(await ask(gateway(), { cookie: planted }))).toBe('200 visitor');
  });

  test('the page is open to everybody', async () => {
    const strangers = [{ 'x-forwarded-for': '203.0.113.7' }, { 'sec-fetch-site': 'cross-site' }];
    for (const headers of strangers) {
      const response = await fetch(gateway().url, { headers });
      expect(response.headers.get('set-cookie')).toContain('glassgate_session=');
    }
  });
});

describe('off loopback, visitors: key', () => {
  const gateway = useGateway(PUBLIC);

  test('a key is needed; a cookie, a placeholder or a name from a header is none', async () => {
    const visitor = await visit(gateway());
    const refused = [{}, visitor, { 'x-forwarded-user': 'ada' }, { 'x-forwarded-for': '127.0.0.1' }];
    for (const headers of refused)
      expect(await outcomeOf(await ask(gateway(), headers))).toBe('401 authentication_required');
    const placeholder = { authorization: 'Bearer sk-placeholder' };
    expect(await outcomeOf(await ask(gateway(), placeholder))).toBe('401 invalid_api_key');
    expect(await outcomeOf(await ask(gateway(), createKey(gateway()).headers))).toBe('200 key');
  });

  test('every route of the API asks for it, known or not', async () => {
    for (const path of ['/v1/models', '/v1/answers/ans_x', '/v1/feedback', '/v1/nothing'])
      expect((await fetch(`${gateway().url}${path}`)).status, path).toBe(401);
  });

  test('the limit of a key: 429 with the time to wait, for this key alone', async () => {
    const [first, second] = [createKey(gateway(), 2), createKey(gateway(), 2)];
    const ledger = await openLedger(probe);
    const answers = [];
    for (let index = 0; index < 3; index += 1) answers.push(await ask(gateway(), first.headers));
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-limit-requests'))).toEqual(['2', '2', '2']);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining-requests'))).toEqual([
      '1',
      '0',
      '0',
    ]);
    expect(await Promise.all(answers.map(outcomeOf))).toEqual(['200 key', '200 key', '429 rate_limited']);
    const wait = Number(answers[2]?.headers.get('retry-after'));
    expect(wait).toBeGreaterThanOrEqual(1);
    expect(wait).toBeLessThanOrEqual(60);
    expect(await outcomeOf(await ask(gateway(), second.headers))).toBe('200 key');
    const answered = 'POST /v1/chat/completions 200';
    const limited = 'POST /v1/chat/completions 429 rate_limited';
    expect(await ledger.told(4)).toEqual(toldAs(answered, answered, answered, limited));
    const rejected = (await probe.samples()).find(
      ({ name, labels }) =>
        name === 'glassgate.requests.rejected' && labels['glassgate.reason'] === 'rate_limited',
    );
    expect(rejected?.value).toBe(1);
  });

  test('a key without a limit has no headers of one', async () => {
    const response = await ask(gateway(), createKey(gateway(), 0).headers);
    expect(response.headers.get('x-ratelimit-limit-requests')).toBeNull();
  });
});

describe('off loopback, visitors: anonymous', () => {
  const settings = {
    GLASSGATE_AUTH_VISITORS: 'anonymous',
    GLASSGATE_AUTH_VISITOR_REQUESTS_PER_MINUTE: '2',
  };
  const gateway = useGateway({ ...PUBLIC, ...settings });

  test('the cookie of the page is enough, within its own limit; without one nobody comes in', async () => {
    expect(await outcomeOf(await ask(gateway()))).toBe('401 authentication_required');
    expect(await outcomeOf(await ask(gateway(), { cookie: 'glassgate_session=a.b' }))).toBe(
      '401 authentication_required',
    );
    const [ada, bob] = [await visit(gateway()), await visit(gateway())];
    const outcomes = [];
    for (const visitor of [ada, ada, ada, bob]) outcomes.push(await outcomeOf(await ask(gateway(), visitor)));
    expect(outcomes).toEqual(['200 visitor', '200 visitor', '429 rate_limited', '200 visitor']);
    expect(await outcomeOf(await ask(gateway(), createKey(gateway()).headers))).toBe('200 key');
  });
});

describe('off loopback, visitors: forwarded', () => {
  const settings = { GLASSGATE_AUTH_VISITORS: 'forwarded', GLASSGATE_AUTH_FORWARDED_HEADER: 'X-Remote-User' };
  const gateway = useGateway({ ...PUBLIC, ...settings });

  test('the front says who asks; nobody else is let in', async () => {
    expect(await outcomeOf(await ask(gateway(), { 'x-remote-user': 'ada@example.org' }))).toBe(
      '200 forwarded',
    );
    for (const headers of [
      {},
      { 'x-remote-user': '' },
      { 'x-forwarded-user': 'ada' },
      await visit(gateway()),
    ])
      expect(await outcomeOf(await ask(gateway(), headers))).toBe('401 authentication_required');
  });

  test('what is stored does not say who it was', async () => {
    const response = await ask(gateway(), { 'x-remote-user': 'grace@example.org' });
    const id = response.headers.get('x-glassgate-answer-id');
    const database = new Database(join(gateway().folder, 'answers.db'), { readonly: true });
    const select = database.prepare<[string | null], string>('SELECT owner FROM answers WHERE answer_id = ?');
    await expect.poll(() => select.pluck().get(id)).toMatch(/^forwarded:[\w-]{22}$/);
    database.close();
  });
});

describe('an answer is its owner’s alone', () => {
  const gateway = useGateway({ ...PUBLIC, GLASSGATE_AUTH_VISITORS: 'anonymous' });

  const read = async (id: string, headers: Headers) =>
    (await fetch(`${gateway().url}/v1/answers/${id}`, { headers })).status;
  const rate = async (id: string, headers: Headers) => {
    const body = JSON.stringify({ answer_id: id, rating: 'up' });
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
    const response = await fetch(`${gateway().url}/v1/feedback`, init);
    return [response.status, ((await response.json()) as { error?: { code: string } }).error?.code];
  };

  test.each<[string, () => Headers | Promise<Headers>]>([
    ['two keys', () => createKey(gateway()).headers],
    ['two visitors', () => visit(gateway())],
  ])('between %s', async (_name, arrive) => {
    const [owner, stranger] = [await arrive(), await arrive()];
    const id = (await ask(gateway(), owner)).headers.get('x-glassgate-answer-id') ?? '';
    expect([await read(id, owner), await rate(id, owner)]).toEqual([200, [200, undefined]]);
    expect([await read(id, stranger), await rate(id, stranger)]).toEqual([404, [404, 'answer_not_found']]);
    expect([await read(id, {}), (await rate(id, {}))[0]]).toEqual([401, 401]);
  });

  test('a stranger is refused at once, not after the wait for a record', async () => {
    const [owner, stranger] = [await visit(gateway()), await visit(gateway())];
    const id = (await ask(gateway(), owner)).headers.get('x-glassgate-answer-id') ?? '';
    const startedAt = performance.now();
    expect(await read(id, stranger)).toBe(404);
    expect(performance.now() - startedAt).toBeLessThan(400);
  });
});

describe('when the file of the keys cannot be read', () => {
  const gateway = useGateway();

  test('a key lets nobody in, and the request is told like any other', async () => {
    const { headers } = createKey(gateway());
    const database = new Database(join(gateway().folder, 'access.db'));
    database.exec('ALTER TABLE api_keys RENAME TO gone');
    database.close();
    const ledger = await openLedger(probe);
    expect(await outcomeOf(await ask(gateway(), headers))).toBe('503 storage_unavailable');
    expect(await outcomeOf(await ask(gateway()))).toBe('200 local');
    expect(await ledger.told(2)).toEqual(
      toldAs('POST /v1/chat/completions 503 storage_unavailable', 'POST /v1/chat/completions 200'),
    );
  });
});
