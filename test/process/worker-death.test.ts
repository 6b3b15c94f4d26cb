import { expect, test } from 'vitest';
import { countEndings, openChatStream } from '../support/chat-stream.ts';
import { FAKE_MODEL, startFakeUpstream } from '../support/fake-upstream.ts';
import { isAlive, startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { holdStreams } from '../support/held-stream.ts';
import { startLoad } from '../support/load.ts';
import { metricValue } from '../support/metric-value.ts';
import { storedAnswerIds } from '../support/stored-answers.ts';
import { waitUntil } from '../support/wait-until.ts';

const EMBEDDED_MODEL = 'glassgate-extractive';
const STREAMS = 20;

test('a killed worker takes only its own requests with it', async () => {
  const held = holdStreams(FAKE_MODEL);
  const upstream = await startFakeUpstream(held.reply);
  await using gateway = await startGateway({ upstreamUrl: upstream.url });
  const streams = Array.from({ length: STREAMS }, () => openChatStream(gateway.url, FAKE_MODEL));
  await Promise.all(streams.map(({ started }) => started));
  const open = await gateway.metrics();
  const onWorker = (slot: string) => metricValue(open, 'http_server_active_requests', { worker: slot });
  expect(onWorker('0') + onWorker('1')).toBe(STREAMS);

  process.kill(pidOf(gateway, 0), 'SIGKILL');
  await waitUntil('the death is known', () => gateway.logs('worker.exited').length === 1);
  held.release();
  const endings = countEndings(await Promise.all(streams.map(({ ended }) => ended)));
  expect({ cut: endings['cut'] ?? 0, whole: endings['whole'] ?? 0 }).toEqual({
    cut: onWorker('0'),
    whole: onWorker('1'),
  });
  await upstream.close();
});

test('under load: whole again within 5 s, nobody who asks later fails, and no answer older than 100 ms is lost', async () => {
  await using gateway = await startGateway();
  const load = startLoad(gateway.url, EMBEDDED_MODEL, 8);
  await waitUntil('the load runs', () => load.results.length >= 50);
  const killed = pidOf(gateway, 0);
  process.kill(killed, 'SIGKILL');
  const killedAt = performance.now();

  await waitUntil('whole again', async () => {
    const { ready, missing } = await gateway.readiness();
    return gateway.workerPids().get(0) !== killed && ready && missing.length === 0;
  });
  const wholeAfterMs = performance.now() - killedAt;
  const answered = load.results.length;
  await waitUntil('the load goes on', () => load.results.length >= answered + 50);
  const results = await load.stop();

  expect(wholeAfterMs).toBeLessThan(5000);
  const failed = results.filter(({ ending }) => ending !== 'whole');
  expect(failed.filter(({ startedAt }) => startedAt > killedAt)).toEqual([]);
  expect(failed.length).toBeLessThanOrEqual(8);
  const promised = results.filter(({ ending, endedAt }) => ending === 'whole' && endedAt < killedAt - 100);
  expect(promised.length).toBeGreaterThan(10);
  await gateway.stop();
  const stored = storedAnswerIds(gateway.folder);
  expect(promised.filter(({ answerId }) => !stored.has(answerId))).toEqual([]);
  // Those the survivors gave are all there: nothing is lost by an orderly end.
  const later = results.filter(({ startedAt, ending }) => ending === 'whole' && startedAt > killedAt);
  expect(later.filter(({ answerId }) => !stored.has(answerId))).toEqual([]);
});

test('a primary that is killed leaves nobody behind, and open answers end first', async () => {
  const held = holdStreams(FAKE_MODEL);
  const upstream = await startFakeUpstream(held.reply);
  await using gateway = await startGateway({ upstreamUrl: upstream.url });
  const stream = openChatStream(gateway.url, FAKE_MODEL);
  await stream.started;
  const children = gateway.childPids();
  expect(children.filter(isAlive)).toHaveLength(2);
  expect(await gateway.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
  held.release();
  expect((await stream.ended).ending).toBe('whole');
  await waitUntil('all workers are gone', () => !children.some(isAlive));
  await upstream.close();
});

test('the embedded model comes back where it was, and goes with a killed primary', async () => {
  await using gateway = await startGateway();
  const [model] = gateway.childPids().filter((pid) => ![...gateway.workerPids().values()].includes(pid));
  process.kill(model ?? 0, 'SIGKILL');
  await waitUntil('started again', () =>
    gateway
      .logs('worker.started')
      .some(({ kind, reason }) => kind === 'embedded_model' && reason === 'crash'),
  );
  const end = await waitUntil('answers again', async () => {
    const answer = await openChatStream(gateway.url, EMBEDDED_MODEL).ended;
    return answer.ending === 'whole' && answer;
  });
  expect(end.status).toBe(200);
  const metrics = await gateway.metrics();
  expect(
    metricValue(metrics, 'glassgate_worker_starts_total', {
      glassgate_process: 'embedded_model',
      glassgate_reason: 'crash',
    }),
  ).toBe(1);
  const children = gateway.childPids();
  expect(children.filter(isAlive)).toHaveLength(3);
  await gateway.stop('SIGKILL');
  await waitUntil('all children are gone', () => !children.some(isAlive));
});

function pidOf(gateway: GatewayProcess, slot: number): number {
  const pid = gateway.workerPids().get(slot);
  if (pid === undefined) throw new Error(`no worker ${slot}`);
  return pid;
}
