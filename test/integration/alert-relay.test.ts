import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startFakeDingTalk, type FakeDingTalk, type FakeDingTalkOptions } from '../support/fake-dingtalk.ts';
import { metricValue } from '../support/metric-value.ts';
import { RELAY_TOKEN, startRelayProcess, webhook, type RelayProcess } from '../support/relay-process.ts';
import { waitUntil } from '../support/wait-until.ts';

const TOKEN = 'canary-robot-token-5d1e';
const SECRET = 'SECcanary-robot-secret-9a2f';

function setUp(changes: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-relay-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const start = (robot: FakeDingTalk): Promise<RelayProcess> =>
    startRelayProcess({
      GLASSGATE_RELAY_DINGTALK_URL: robot.url,
      GLASSGATE_RELAY_DINGTALK_SECRET: SECRET,
      GLASSGATE_RELAY_FOLDER: folder,
      GLASSGATE_RELAY_LANGUAGE: 'en',
      GLASSGATE_RELAY_TIME_ZONE: 'Asia/Shanghai',
      GLASSGATE_RELAY_HANDBOOK_URL: 'https://handbook.example/docs/en',
      GLASSGATE_RELAY_RETRY_MIN_MS: '20',
      GLASSGATE_RELAY_RETRY_MAX_MS: '50',
      ...changes,
    });
  return {
    start,
    robot: (more: Partial<FakeDingTalkOptions> = {}) =>
      startFakeDingTalk({ token: TOKEN, secret: SECRET, ...more }),
  };
}

async function metric(
  relay: RelayProcess,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  return metricValue(await (await relay.get('/metrics')).text(), name, labels);
}

async function refusalOf(response: Response): Promise<[number, string]> {
  const { error } = (await response.json()) as { error: { code: string } };
  return [response.status, error.code];
}

test(
  'an alert becomes one signed message a person can act on, and its end another',
  { timeout: 60_000 },
  async () => {
    const { start, robot } = setUp();
    await using dingTalk = await robot();
    await using relay = await start(dingTalk);
    expect((await relay.post(webhook('DiskFilling', { severity: 'page' }))).status).toBe(200);
    await waitUntil('the message', () => dingTalk.messages.length === 1);
    const [message] = dingTalk.messages;
    expect(message?.title).toBe('🔥 firing: DiskFilling');
    for (const part of [
      '### 🔥 DiskFilling · page',
      '**Summary of DiskFilling**',
      '- Since: 2026-03-01 09:30:05 +08:00',
      '- Details: It is 7 %.',
      '[Runbook](https://handbook.example/docs/en/runbooks/disk-full.md)',
      '[Query](http://prometheus:9090/graph?g0.expr=up)',
      '[Silence](http://alertmanager:9093/#/silences/new?filter=',
    ])
      expect(message?.text).toContain(part);
    expect(await (await relay.post(webhook('DiskFilling', { severity: 'page' }))).json()).toMatchObject({
      outcome: 'duplicate',
    });
    await relay.post(webhook('DiskFilling', { severity: 'page', status: 'resolved' }));
    await waitUntil('the end', () => dingTalk.messages.length === 2);
    expect(dingTalk.messages[1]?.title).toBe('✅ resolved: DiskFilling');
    expect(dingTalk.messages[1]?.text).toContain('Until: 2026-03-01 09:42:05 +08:00 (11 min)');
    await waitUntil('the queue is empty', async () => (await metric(relay, 'glassgate_relay_queued')) === 0);
    expect(await metric(relay, 'glassgate_relay_messages_total', { glassgate_relay_outcome: 'sent' })).toBe(
      2,
    );
    expect(
      await metric(relay, 'glassgate_relay_webhooks_total', { glassgate_relay_webhook: 'duplicate' }),
    ).toBe(1);
    expect(await metric(relay, 'glassgate_relay_oldest_age')).toBe(0);
    expect(dingTalk.codes).toEqual([0, 0]);
    await waitUntil('the line', () => relay.output().includes('relay.message_sent'));
    expect(await relay.end('SIGTERM')).toBe(0);
  },
);

test(
  'nothing is sent for a webhook that is refused, and no secret is told',
  { timeout: 60_000 },
  async () => {
    const { start, robot } = setUp();
    await using dingTalk = await robot();
    await using relay = await start(dingTalk);
    const good = webhook('Forged');
    const bare = await fetch(`${relay.url}/v1/alerts`, { method: 'POST', body: '{}' });
    expect(await refusalOf(bare)).toEqual([401, 'authentication_required']);
    expect(await refusalOf(await relay.post(good, 'wrong'))).toEqual([401, 'invalid_api_key']);
    expect(await refusalOf(await relay.post('{'))).toEqual([400, 'invalid_json']);
    expect(await refusalOf(await relay.post({ ...good, version: '3' }))).toEqual([400, 'invalid_request']);
    expect(await refusalOf(await relay.post({ ...good, alerts: [] }))).toEqual([400, 'invalid_request']);
    expect(await refusalOf(await relay.post(' '.repeat((1 << 20) + 1)))).toEqual([413, 'body_too_large']);
    expect(await refusalOf(await relay.get('/v1/alerts'))).toEqual([405, 'method_not_allowed']);
    expect(await refusalOf(await relay.get('/else'))).toEqual([404, 'not_found']);
    expect((await relay.get('/livez')).status).toBe(200);
    expect(await (await relay.get('/readyz')).json()).toEqual({ ready: true, missing: [] });
    expect(
      await metric(relay, 'glassgate_relay_webhooks_total', { glassgate_relay_webhook: 'unauthorized' }),
    ).toBe(2);
    expect(
      await metric(relay, 'glassgate_relay_webhooks_total', { glassgate_relay_webhook: 'malformed' }),
    ).toBe(4);
    expect(dingTalk.codes).toEqual([]);
    const told = relay.output() + (await (await relay.get('/metrics')).text());
    await waitUntil('the line', () => relay.output().includes('relay.webhook_refused'));
    for (const secret of [RELAY_TOKEN, TOKEN, SECRET]) expect(told).not.toContain(secret);
  },
);

test(
  'a storm of 500 groups stays below 20 messages a minute, and every alert is counted',
  { timeout: 60_000 },
  async () => {
    const { start, robot } = setUp();
    await using dingTalk = await robot();
    await using relay = await start(dingTalk);
    const names = Array.from({ length: 500 }, (_, index) => `Storm${String(index).padStart(3, '0')}`);
    const statuses = await Promise.all(names.map(async (name) => (await relay.post(webhook(name))).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    await waitUntil(
      'the queue is empty',
      async () => (await metric(relay, 'glassgate_relay_queued')) === 0,
      30_000,
    );
    expect(dingTalk.messages.length).toBeLessThanOrEqual(18);
    expect(new Set(dingTalk.codes)).toEqual(new Set([0]));
    const told = dingTalk.messages.map(({ text }) => Number(/(\d+) alerts?\b/.exec(text)?.[1]));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(500);
  },
);

describe('a process that ends', () => {
  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s loses nothing that was accepted',
    { timeout: 60_000 },
    async (signal) => {
      const { start, robot } = setUp();
      await using dingTalk = await robot();
      dingTalk.misbehave(
        ...Array.from(
          { length: 1000 },
          () => (response: { writeHead(status: number): { end(): void } }) => response.writeHead(502).end(),
        ),
      );
      const first = await start(dingTalk);
      const names = ['Alpha', 'Beta', 'Gamma'];
      for (const name of names) expect((await first.post(webhook(name))).status).toBe(200);
      await waitUntil('a try failed', () => first.output().includes('relay.message_failed'));
      expect(await first.end(signal)).toBe(signal === 'SIGTERM' ? 0 : null);
      expect(dingTalk.messages).toEqual([]);
      await using mended = await robot();
      await using second = await start(mended);
      await waitUntil('all of it', () =>
        names.every((name) => mended.messages.some(({ text }) => text.includes(`Summary of ${name}`))),
      );
      await waitUntil(
        'the queue is empty',
        async () => (await metric(second, 'glassgate_relay_queued')) === 0,
      );
      const texts = mended.messages.map(({ text }) => text).join('\n');
      for (const name of names) expect(texts.split(`Summary of ${name}`)).toHaveLength(2);
    },
  );
});

test('a wrong signing secret is not tried again, and Alertmanager is told', { timeout: 60_000 }, async () => {
  const { start, robot } = setUp();
  await using dingTalk = await robot({ secret: 'SECanother' });
  await using relay = await start(dingTalk);
  expect((await relay.post(webhook('First'))).status).toBe(200);
  await waitUntil('the refusal', async () => (await metric(relay, 'glassgate_relay_degraded')) === 1);
  expect(await refusalOf(await relay.post(webhook('Second')))).toEqual([502, 'upstream_unauthorized']);
  expect((await relay.get('/readyz')).status).toBe(503);
  expect(dingTalk.codes).toEqual([310_000]);
  expect(
    await metric(relay, 'glassgate_relay_messages_total', { glassgate_relay_outcome: 'permanent' }),
  ).toBe(1);
  expect(await metric(relay, 'glassgate_relay_dropped_total', { glassgate_reason: 'permanent' })).toBe(1);
  await waitUntil('the line', () => relay.output().includes('relay.webhooks_dropped'));
  expect(relay.output()).toContain('310000');
});

test('a robot that hangs is given up after the time, and asked again', { timeout: 60_000 }, async () => {
  const { start, robot } = setUp({ GLASSGATE_RELAY_REQUEST_TIMEOUT_MS: '200' });
  await using dingTalk = await robot();
  dingTalk.misbehave(
    () => undefined,
    (response) => response.writeHead(500).end(),
  );
  await using relay = await start(dingTalk);
  await relay.post(webhook('Slow'));
  await waitUntil('the message', () => dingTalk.messages.length === 1);
  await waitUntil('the line', () => relay.output().includes('"reason":"timeout"'));
  expect(await metric(relay, 'glassgate_relay_messages_total', { glassgate_relay_outcome: 'failed' })).toBe(
    2,
  );
});

test('a queue that is full says so', { timeout: 60_000 }, async () => {
  const { start, robot } = setUp({ GLASSGATE_RELAY_QUEUE_LIMIT: '1' });
  await using dingTalk = await robot();
  dingTalk.misbehave(() => undefined);
  await using relay = await start(dingTalk);
  expect((await relay.post(webhook('One'))).status).toBe(200);
  expect(await refusalOf(await relay.post(webhook('Two')))).toEqual([503, 'overloaded']);
  expect(
    await metric(relay, 'glassgate_relay_webhooks_total', { glassgate_relay_webhook: 'queue_full' }),
  ).toBe(1);
});
