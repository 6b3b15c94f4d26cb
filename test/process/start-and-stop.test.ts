import { expect, test } from 'vitest';
import { isAlive, startGateway } from '../support/gateway-process.ts';
import { waitUntil } from '../support/wait-until.ts';

test('answers with nothing configured, and ends in order on SIGTERM', async () => {
  await using gateway = await startGateway();
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'glassgate-extractive',
      messages: [{ role: 'user', content: 'Which signal reloads the configuration?' }],
    }),
  });
  expect(response.status).toBe(200);
  expect(await gateway.readiness()).toEqual({ status: 200, ready: true, missing: [] });
  const children = gateway.childPids();
  expect(children).toHaveLength(3);
  const end = await gateway.stop();
  expect(end).toMatchObject({ code: 0, signal: null });
  expect(end.durationMs).toBeLessThan(5000);
  expect(children.filter(isAlive)).toEqual([]);
  expect(gateway.logs('server.stopped')).toHaveLength(3);
  expect(gateway.errors()).toMatch(/^Glassgate answers at http:\/\/127\.0\.0\.1:\d+ \(chat page/);
});

test('is not ready while it starts and ready when workers are; Ctrl-C, which npm sends once more, ends it in order', async () => {
  await using gateway = await startGateway({ waitFor: 'nothing' });
  const seen = await waitUntil('first answer of /readyz', () => gateway.readiness().catch(() => undefined));
  expect(seen).toMatchObject({ status: 503, ready: false });
  await waitUntil('ready', async () => (await gateway.readiness()).ready);
  expect((await fetch(`${gateway.managementUrl}/livez`)).status).toBe(200);
  gateway.signal('SIGINT');
  expect(await gateway.stop('SIGINT')).toMatchObject({ code: 0, signal: null });
});

test('a standard output that takes nothing, as on a full disk, holds up neither answers nor the end', async () => {
  await using gateway = await startGateway({ outputFile: '/dev/full' });
  expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(200);
  const end = await gateway.stop();
  expect(end).toMatchObject({ code: 0, signal: null });
  expect(end.durationMs).toBeLessThan(5000);
});
