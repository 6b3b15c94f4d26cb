import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { startTestGateway, type GatewayUnderTest } from '../support/gateway.ts';
import { sendRaw, type RawResponse } from '../support/raw-connection.ts';
import { replay } from '../support/recorded-replies.ts';
import { openLedger, toldAs } from '../support/request-ledger.ts';
import { installTelemetryProbe } from '../support/telemetry-probe.ts';

const probe = installTelemetryProbe();
const PAGE =
  '<!doctype html><title>Glassgate</title><script type="module" src="/assets/page-1a2b.js"></script>';
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5000))}, '问题');`;
const FILES = {
  'index.html': PAGE,
  'assets/page-1a2b.js': SCRIPT,
  'assets/page-1a2b.css': 'body { color: black }',
  'assets/icons/mark.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'assets/page-1a2b.js.map': '{"sources":["secret.ts"]}',
  'notes.txt': 'not for anybody',
  '.env': 'SECRET=1',
};

let folder: string;
let upstream: FakeUpstream;
let gateway: GatewayUnderTest;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-page-'));
  mkdirSync(join(folder, 'assets/icons'), { recursive: true });
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  upstream = await startFakeUpstream(replay('chat'));
  gateway = await startTestGateway(upstream.url, {}, { pageFolder: folder });
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

/** As the wire has it: `fetch` would unpack what is packed. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<RawResponse> {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return sendRaw(gateway.port, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
}

const SECURITY = {
  'content-security-policy': expect.stringMatching(
    /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
  ) as string,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

test('the page: fresh each time, under a strict policy', async () => {
  const ledger = await openLedger(probe);
  const { status, headers, body } = await get('/');
  expect([status, body]).toEqual([200, PAGE]);
  expect(headers).toMatchObject({
    ...SECURITY,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    vary: 'accept-encoding',
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
    'x-glassgate-trace-id': expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  });
  expect(await ledger.told(1)).toEqual(toldAs('GET / 200'));
});

test.each([
  ['/assets/page-1a2b.js', 'text/javascript; charset=utf-8', SCRIPT],
  ['/assets/page-1a2b.css', 'text/css; charset=utf-8', FILES['assets/page-1a2b.css']],
  ['/assets/icons/mark.svg', 'image/svg+xml', FILES['assets/icons/mark.svg']],
])('%s: named by its content, so kept for a year', async (path, type, content) => {
  const { status, headers, body } = await get(path);
  expect([status, body]).toEqual([200, content]);
  expect(headers).toMatchObject({
    ...SECURITY,
    'content-type': type,
    'cache-control': 'public, max-age=31536000, immutable',
    'content-length': String(Buffer.byteLength(content)),
  });
  expect(headers).not.toHaveProperty('set-cookie');
});

test.each([
  ['/', PAGE],
  ['/assets/page-1a2b.js', SCRIPT],
])('%s packed for who unpacks', async (path, content) => {
  const response = await fetch(`${gateway.url}${path}`, { headers: { 'accept-encoding': 'br, gzip;q=0.8' } });
  expect(response.headers.get('content-encoding')).toBe('gzip');
  expect(response.headers.get('vary')).toBe('accept-encoding');
  expect(await response.text()).toBe(content);
});

test('the packed form is smaller and what is said of it is so', async () => {
  const { headers } = await get('/assets/page-1a2b.js', { 'Accept-Encoding': 'gzip' });
  expect(Number(headers['content-length'])).toBeLessThan(SCRIPT.length / 10);
  const plain = await get('/assets/page-1a2b.js', { 'Accept-Encoding': 'identity' });
  expect(plain.headers).not.toHaveProperty('content-encoding');
});

test.each(['gzip;q=0', 'br, gzip; q=0.0', 'x-gzip-like'])(
  'who refuses gzip (%s) gets it plain',
  async (accepted) => {
    const { headers, body } = await get('/', { 'Accept-Encoding': accepted });
    expect(headers).not.toHaveProperty('content-encoding');
    expect(body).toBe(PAGE);
  },
);

test('HEAD is GET without the body', async () => {
  const head = await fetch(`${gateway.url}/assets/page-1a2b.css`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
    200,
    'text/css; charset=utf-8',
    '',
  ]);
});

test('a new visitor gets a session that scripts and other sites cannot use', async () => {
  const { headers } = await get('/');
  expect(headers['set-cookie']).toMatch(
    /^glassgate_session=[\w-]{22}\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
  );
  const behindTls = await get('/', { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.7' });
  expect(behindTls.headers['set-cookie']).toMatch(/; HttpOnly; SameSite=Strict; Secure$/);
});

test('a visitor keeps the session; each new one has another', async () => {
  const first = (await get('/')).headers['set-cookie']?.split(';')[0] ?? '';
  const second = (await get('/')).headers['set-cookie']?.split(';')[0] ?? '';
  expect(first).not.toBe(second);
  expect((await get('/', { Cookie: first })).headers).not.toHaveProperty('set-cookie');
  expect((await get('/', { Cookie: `${first}x` })).headers).toHaveProperty('set-cookie');
});

test.each([
  '/assets/nothing.js',
  '/assets/',
  '/assets',
  '/assets/page-1a2b.js.map',
  '/index.html',
  '/notes.txt',
  '/.env',
  '/assets/..%2findex.html',
  '/assets/%2e%2e/notes.txt',
  '/favicon.ico',
])('%s is not there', async (path) => {
  const { status, headers, body } = await get(path);
  expect(status).toBe(404);
  expect(headers['cache-control']).toBe('no-store');
  expect(JSON.parse(body)).toMatchObject({
    error: { code: 'not_found', request_id: headers['x-request-id'] },
  });
});

test('a file that changes after the start is served as it was at the start', async () => {
  writeFileSync(join(folder, 'assets/page-1a2b.css'), 'body { color: red }');
  expect((await get('/assets/page-1a2b.css')).body).toBe(FILES['assets/page-1a2b.css']);
});

test('without a built page there is the API alone', async () => {
  const bare = await startTestGateway(upstream.url, {}, { pageFolder: join(folder, 'not-built') });
  expect((await fetch(bare.url)).status).toBe(404);
  expect((await fetch(`${bare.url}/v1/models`)).status).toBe(200);
  await bare.stop();
});
