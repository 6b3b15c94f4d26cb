import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FAKE_MODEL, startFakeUpstream, type FakeUpstream } from '../support/fake-upstream.ts';
import { startTestGateway, type GatewayUnderTest } from '../support/gateway.ts';
import { replay } from '../support/recorded-replies.ts';
import { openLedger, toldAs } from '../support/request-ledger.ts';
import { installTelemetryProbe } from '../support/telemetry-probe.ts';

const probe = installTelemetryProbe();
let upstream: FakeUpstream;
let gateway: GatewayUnderTest;
/** A second connection to the file, as another process would have. */
let other: Database.Database;

let stopping: Promise<void> | undefined;

const QUEUE_LIMIT = 3;

function stop(): Promise<void> {
  stopping ??= gateway.stop();
  return stopping;
}

async function start(answerPages?: number): Promise<void> {
  stopping = undefined;
  upstream = await startFakeUpstream(replay('chat'));
  const settings = { GLASSGATE_STORAGE_QUEUE_LIMIT: String(QUEUE_LIMIT) };
  gateway = await startTestGateway(upstream.url, settings, { answerPages });
  other = new Database(join(gateway.folder, 'answers.db'), { timeout: 5000 });
}

let lostBefore = 0;

beforeEach(async () => {
  probe.reset();
  lostBefore = await lostSinceStart();
});

afterEach(async () => {
  if (other.inTransaction) other.exec('ROLLBACK');
  expect(other.pragma('integrity_check', { simple: true })).toBe('ok');
  // Room again, or the end would wait for it.
  other.exec('DELETE FROM answers');
  other.close();
  await stop();
  await upstream.close();
});

/** Asks a question of so many characters, which is stored with its answer. */
async function ask(characters = 20): Promise<string> {
  const messages = [{ role: 'user', content: 'x'.repeat(characters) }];
  const response = await post('/v1/chat/completions', {
    model: FAKE_MODEL,
    messages,
    glassgate: { retrieval: false },
  });
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('The capital of France is Paris.');
  return response.headers.get('x-glassgate-answer-id') ?? '';
}

function post(path: string, body: object): Promise<Response> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return fetch(`${gateway.url}${path}`, init);
}

async function statusOf(answerId: string): Promise<number> {
  return (await fetch(`${gateway.url}/v1/answers/${answerId}`)).status;
}

function storedAnswers(): number {
  return Number(other.prepare('SELECT count(*) FROM answers').pluck().get());
}

async function lostSinceStart(): Promise<number> {
  const samples = (await probe.samples()).filter(({ name }) => name === 'glassgate.answers.not_recorded');
  return samples.reduce((sum, { value }) => sum + value, 0);
}

async function lost(): Promise<number> {
  return (await lostSinceStart()) - lostBefore;
}

async function queued(): Promise<number | undefined> {
  return (await probe.samples()).find(({ name }) => name === 'glassgate.answers.queued')?.value;
}

/** Asks until nothing can be stored any more; then one record waits. */
async function askUntilStuck(characters: number): Promise<string> {
  for (;;) {
    const answerId = await ask(characters);
    await expect
      .poll(async () => (await queued()) === 0 || gateway.readiness().missing.length > 0)
      .toBe(true);
    if (gateway.readiness().missing.length > 0) return answerId;
  }
}

/** Fills the queue behind the one that waits, and asks two more, for which there is no room. */
async function overfill(characters = 20): Promise<string[]> {
  const asked = [];
  for (let waiting = 1; waiting < QUEUE_LIMIT + 2; waiting += 1) asked.push(await ask(characters));
  await expect.poll(lost).toBe(2);
  expect(await queued()).toBe(QUEUE_LIMIT);
  expect(gateway.readiness()).toEqual({ ready: true, missing: ['answer_store'] });
  return asked;
}

function lossTold(): object | undefined {
  return probe.logs().find(({ eventName }) => eventName === 'answers.not_recorded')?.attributes;
}

test('a locked file: answers go on, what cannot wait is counted and told, the rest is stored afterwards', async () => {
  await start();
  const before = await ask();
  await expect.poll(storedAnswers).toBe(1);
  other.exec('BEGIN EXCLUSIVE');
  const asked = [await askUntilStuck(20), ...(await overfill())];
  expect(lossTold()).toEqual({ count: 1, reason: 'queue_full', 'error.type': 'SQLITE_BUSY' });
  // Those that wait can be looked at, as can those stored before.
  expect(await Promise.all([before, ...asked.slice(0, QUEUE_LIMIT)].map(statusOf))).toEqual([
    200, 200, 200, 200,
  ]);
  other.exec('ROLLBACK');
  await expect.poll(storedAnswers, { timeout: 5000 }).toBe(1 + QUEUE_LIMIT);
  await expect.poll(() => gateway.readiness()).toEqual({ ready: true, missing: [] });
  expect(await Promise.all(asked.map(statusOf))).toEqual([200, 200, 200, 404, 404]);
  await ask();
  await expect.poll(storedAnswers).toBe(2 + QUEUE_LIMIT);
  expect(await lost()).toBe(2);
});

test('a locked file: feedback says that it was not stored, and is taken once it can be', async () => {
  await start();
  const answerId = await ask();
  await expect.poll(storedAnswers).toBe(1);
  other.exec('BEGIN EXCLUSIVE');
  const ledger = await openLedger(probe);
  const feedback = { answer_id: answerId, rating: 'down', comment: 'late' };
  const refused = await post('/v1/feedback', feedback);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect([refused.status, await refused.json()]).toMatchObject([
    503,
    { error: { code: 'storage_unavailable' } },
  ]);
  expect(await ledger.told(1)).toEqual(toldAs('POST /v1/feedback 503 storage_unavailable'));
  other.exec('ROLLBACK');
  expect((await post('/v1/feedback', feedback)).status).toBe(200);
});

test('a full disk: answers go on, the loss is counted and told, what is stored stays and room is used', async () => {
  await start(40);
  const first = await ask();
  await expect.poll(storedAnswers).toBe(1);
  const waiting = await askUntilStuck(20_000);
  await overfill(20_000);
  expect(lossTold()).toEqual({ count: 1, reason: 'queue_full', 'error.type': 'SQLITE_FULL' });
  expect(storedAnswers()).toBeGreaterThan(1);
  expect(await Promise.all([first, waiting].map(statusOf))).toEqual([200, 200]);
  expect(other.pragma('integrity_check', { simple: true })).toBe('ok');
  // Somebody makes room: what still waited is stored by itself.
  other.exec(`DELETE FROM answers WHERE answer_id <> '${first}'`);
  await expect.poll(storedAnswers, { timeout: 5000 }).toBe(1 + QUEUE_LIMIT);
  expect(await statusOf(first)).toBe(200);
  expect(gateway.readiness()).toEqual({ ready: true, missing: [] });
});

test('a full disk: feedback says so', async () => {
  await start(40);
  const first = await ask();
  await expect.poll(storedAnswers).toBe(1);
  await askUntilStuck(20_000);
  // The pages that are left may hold some thumbs; they do not hold many.
  const statuses: number[] = [];
  while (!statuses.includes(503) && statuses.length < 40) {
    const comment = 'c'.repeat(4000 - statuses.length);
    statuses.push((await post('/v1/feedback', { answer_id: await ask(), rating: 'up', comment })).status);
  }
  expect(statuses.at(-1)).toBe(503);
  expect(new Set(statuses.slice(0, -1))).toEqual(new Set(statuses.length > 1 ? [200] : []));
  expect(await statusOf(first)).toBe(200);
});

test(
  'the end of the process with a locked file: what could not be stored is counted',
  { timeout: 10_000 },
  async () => {
    await start();
    other.exec('BEGIN EXCLUSIVE');
    await ask();
    const stopped = stop();
    await expect.poll(lost, { timeout: 8000 }).toBe(1);
    other.exec('ROLLBACK');
    await stopped;
  },
);
