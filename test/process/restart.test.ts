import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openChatStream } from '../support/chat-stream.ts';
import { startGateway } from '../support/gateway-process.ts';
import { metricValue } from '../support/metric-value.ts';
import { storedAnswerIds } from '../support/stored-answers.ts';
import { waitUntil } from '../support/wait-until.ts';

const MODEL = 'glassgate-extractive';

test('after a restart every answer and thumb is there, and the handbook is not read again', async () => {
  const folder = temporaryFolder();
  await using first = await startGateway({ folder });
  const { answerId } = await openChatStream(first.url, MODEL).ended;
  const rated = await post(first.url, '/v1/feedback', { answer_id: answerId, rating: 'up' });
  expect(rated.status).toBe(200);
  const before = await waitUntil('the record is stored', () => readAnswer(first.url, answerId));
  expect(await first.stop()).toMatchObject({ code: 0 });

  await using second = await startGateway({ folder });
  expect(await readAnswer(second.url, answerId)).toEqual(before);
  expect(second.logs('corpus.ingested')).toMatchObject([{ added: 0, changed: 0, removed: 0 }]);
});

test('after kill -9 of everything the data folder serves the next start', async () => {
  const folder = temporaryFolder();
  await using first = await startGateway({ folder });
  const { answerId } = await openChatStream(first.url, MODEL).ended;
  // Past the gateway: it also finds answers that are still on their way to the file.
  await waitUntil('the record is stored', () => storedAnswerIds(folder).has(answerId));
  for (const pid of first.childPids()) process.kill(pid, 'SIGKILL');
  await first.stop('SIGKILL');

  await using second = await startGateway({ folder });
  expect(await readAnswer(second.url, answerId)).toMatchObject({ answer_id: answerId });
});

test('a worker that cannot start is tried again ever more slowly, and the gateway is not ready', async () => {
  await using gateway = await startGateway({
    entry: join(import.meta.dirname, '../support/crashing-gateway.ts'),
    env: { GLASSGATE_SERVER_WORKERS: '1' },
    upstreamUrl: 'http://127.0.0.1:1',
    waitFor: 'listening',
  });
  const starts = await waitUntil(
    'six starts',
    () => {
      const lines = gateway.logs('worker.started');
      return lines.length >= 6 && lines;
    },
    20_000,
  );
  const deaths = gateway.logs('worker.exited');
  const pauses = deaths.slice(0, 5).map((death, index) => timeOf(starts[index + 1]) - timeOf(death));
  // At once after the first death, then 100 ms doubling; the clock may be late, never early.
  for (const [index, least] of [0, 95, 195, 395, 795].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(least);
  }
  expect(pauses[0]).toBeLessThan(95);
  expect(await gateway.readiness()).toMatchObject({ status: 503, ready: false });
  const labels = { glassgate_process: 'worker', glassgate_reason: 'crash' };
  expect(
    metricValue(await gateway.metrics(), 'glassgate_worker_starts_total', labels),
  ).toBeGreaterThanOrEqual(5);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
});

function timeOf(line: Readonly<Record<string, unknown>> | undefined): number {
  return Date.parse(String(line?.['time']));
}

async function readAnswer(url: string, answerId: string): Promise<object | undefined> {
  const response = await fetch(`${url}/v1/answers/${answerId}`);
  return response.status === 200 ? ((await response.json()) as object) : undefined;
}

function post(url: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
