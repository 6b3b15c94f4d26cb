import { expect, test } from 'vitest';
import { openChatStream } from '../support/chat-stream.ts';
import { startGateway } from '../support/gateway-process.ts';
import { parsePrometheus } from '../support/parse-prometheus.ts';
import { waitUntil } from '../support/wait-until.ts';

const MODEL = 'glassgate-extractive';
const ANSWERS = 6;

test('one valid page holds the metrics of all processes, each sample with its worker', async () => {
  await using gateway = await startGateway();
  for (let count = 0; count < ANSWERS; count += 1) await openChatStream(gateway.url, MODEL).ended;
  const response = await fetch(`${gateway.managementUrl}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  // On a busy machine a process may miss the time of one page.
  let text = await response.text();
  for (let pages = 1; text.includes('# left out') && pages < 3; pages += 1) text = await gateway.metrics();
  expect(text).not.toContain('# left out');
  const families = parsePrometheus(text);

  const workersOf = (name: string) =>
    new Set(families.get(name)?.samples.map(({ labels }) => labels.get('worker')));
  expect(workersOf('nodejs_eventloop_utilization')).toEqual(
    new Set(['0', '1', 'extractive-model', 'primary']),
  );
  expect(workersOf('glassgate_workers_ready')).toEqual(new Set(['primary']));
  const withoutWorker = [...families.values()].flatMap(({ samples }) =>
    samples.filter(({ labels }) => !labels.has('worker')),
  );
  expect(withoutWorker).toEqual([]);
  const answers = families.get('glassgate_answers_total')?.samples ?? [];
  expect(answers.reduce((sum, { value }) => sum + value, 0)).toBe(ANSWERS);
  expect(families.get('glassgate_workers_ready')?.samples.map(({ value }) => value)).toEqual([2]);
});

test('a worker that does not answer is left out within the time, and said so', async () => {
  await using gateway = await startGateway();
  const stuck = gateway.workerPids().get(1) ?? 0;
  process.kill(stuck, 'SIGSTOP');
  const startedAt = performance.now();
  const text = await gateway.metrics();
  expect(performance.now() - startedAt).toBeLessThan(4000);
  expect(text).toContain('# left out: worker 1 did not answer in time\n');
  const families = parsePrometheus(text);
  const workers = families
    .get('nodejs_eventloop_utilization')
    ?.samples.map(({ labels }) => labels.get('worker'));
  expect(workers).toContain('0');
  expect(workers).not.toContain('1');
  expect(await gateway.readiness()).toMatchObject({ ready: true, missing: ['worker 1: answer'] });
  process.kill(stuck, 'SIGCONT');
  await waitUntil('it answers again', async () => (await gateway.readiness()).missing.length === 0);
});
