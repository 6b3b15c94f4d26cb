import { expect, onTestFinished, test } from 'vitest';
import { startManagementServer } from './management-server.ts';

const PAGE = '# HELP a A.\n# TYPE a gauge\na 1\n';

test('serves metrics as Prometheus text', async () => {
  const { get } = await start();
  const response = await get('/metrics');
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toBe(PAGE);
  expect((await get('/metrics?name=a')).status).toBe(200);
});

test('live as long as it turns; ready or not as it is told', async () => {
  const { get, say } = await start();
  expect(await (await get('/livez')).json()).toEqual({ live: true });
  expect((await get('/readyz')).status).toBe(200);
  say({ ready: false, missing: ['worker 0: upstream'] });
  const response = await get('/readyz');
  expect(response.status).toBe(503);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({ ready: false, missing: ['worker 0: upstream'] });
  expect((await get('/livez')).status).toBe(200);
});

test.each(['/', '/v1/models', '/metrics/', '/constructor'])('has nothing at %s', async (path) => {
  const { get } = await start();
  expect((await get(path)).status).toBe(404);
});

test('takes GET and HEAD only', async () => {
  const { get } = await start();
  expect((await get('/metrics', { method: 'POST', body: 'x' })).status).toBe(405);
  const head = await get('/metrics', { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('a collection that fails is answered without its reason, and the next one is tried', async () => {
  let fails = true;
  const metrics = () => (fails ? Promise.reject(new Error('inner detail')) : Promise.resolve(PAGE));
  const { get } = await start(metrics);
  const response = await get('/metrics');
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('inner detail');
  fails = false;
  expect((await get('/metrics')).status).toBe(200);
});

async function start(metrics = () => Promise.resolve(PAGE)) {
  let state: { ready: boolean; missing: readonly string[] } = { ready: true, missing: [] };
  const server = await startManagementServer({
    host: '127.0.0.1',
    port: 0,
    metrics,
    readiness: () => Promise.resolve(state),
  });
  onTestFinished(() => server.close());
  return {
    get: (path: string, options: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${server.port}${path}`, options),
    say: (next: typeof state) => (state = next),
  };
}
