import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { countEndings } from '../support/chat-stream.ts';
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { startLoad } from '../support/load.ts';
import { waitUntil } from '../support/wait-until.ts';

const MODEL = 'glassgate-extractive';

test('SIGHUP under load replaces every worker and fails no request', async () => {
  const file = configFile('prompt:\n  context_tokens: 1000\n');
  await using gateway = await startGateway({ env: { GLASSGATE_CONFIG_FILE: file.path } });
  const before = [...gateway.workerPids().values()];
  const load = startLoad(gateway.url, MODEL, 8);
  await waitUntil('the load runs', () => load.results.length >= 20);
  gateway.signal('SIGHUP');
  await waitUntil('reloaded', () => gateway.logs('config.reloaded').length === 1, 30_000);
  const reloaded = load.results.length;
  await waitUntil('the load goes on', () => load.results.length >= reloaded + 20);
  const results = await load.stop();
  expect(countEndings(results)).toEqual({ whole: results.length });
  const after = [...gateway.workerPids().values()];
  expect(after).toHaveLength(2);
  expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  expect(gateway.logs('worker.exited').map(({ exit_code }) => exit_code)).toEqual([0, 0]);
});

test('connections that are kept alive survive a reload', async () => {
  await using gateway = await startGateway();
  const stopping = new AbortController();
  const failures: unknown[] = [];
  let answered = 0;
  // One fetch after the other over the pool of connections that Node keeps.
  const ask = async () => {
    while (!stopping.signal.aborted) {
      try {
        const response = await fetch(`${gateway.url}/v1/models`);
        await response.text();
        if (response.status !== 200) failures.push(response.status);
      } catch (error) {
        failures.push(error);
      }
      answered += 1;
    }
  };
  const clients = Promise.all(Array.from({ length: 4 }, ask));
  await waitUntil('the load runs', () => answered >= 50);
  gateway.signal('SIGHUP');
  await waitUntil('reloaded', () => gateway.logs('config.reloaded').length === 1, 30_000);
  const reloaded = answered;
  await waitUntil('the load goes on', () => answered >= reloaded + 50);
  stopping.abort();
  await clients;
  expect(failures).toEqual([]);
});

test('a file that changes is reloaded by itself; the number of workers follows', async () => {
  const file = configFile('server: {}\n');
  await using gateway = await startGateway({
    env: { GLASSGATE_CONFIG_FILE: file.path, GLASSGATE_SERVER_WORKERS: '' },
  });
  file.write('server:\n  workers: 1\n');
  await waitUntil('one worker', () => gateway.logs('config.reloaded').length === 1, 30_000);
  expect(gateway.workerPids().size).toBe(1);
  expect(await gateway.readiness()).toMatchObject({ ready: true, missing: [] });
});

test('a faulty file changes nothing, not even for a worker that dies afterwards', async () => {
  const file = configFile('prompt:\n  context_tokens: 1000\n');
  await using gateway = await startGateway({ env: { GLASSGATE_CONFIG_FILE: file.path } });
  const before = gateway.workerPids();
  file.write('prompt:\n  context_tokens: none\n  colour: red\n');
  await rejected(gateway, 1);
  const [line] = gateway.logs('config.rejected');
  expect(line?.['faults']).toHaveLength(2);
  expect(JSON.stringify(line)).not.toContain('red');
  expect(gateway.workerPids()).toEqual(before);

  process.kill(before.get(0) ?? 0, 'SIGKILL');
  await waitUntil('the dead worker is replaced', async () => {
    const { ready, missing } = await gateway.readiness();
    return gateway.workerPids().get(0) !== before.get(0) && ready && missing.length === 0;
  });
});

test('what only a restart can change is refused with its name', async () => {
  const file = configFile('');
  await using gateway = await startGateway({
    env: { GLASSGATE_CONFIG_FILE: file.path, GLASSGATE_SERVER_MANAGEMENT_PORT: '' },
    waitFor: 'nothing',
  });
  await waitUntil('started', () => gateway.logs('server.listening').length === 3);
  file.write('server:\n  management_port: 9999\nupstream:\n  url: http://127.0.0.1:1\n');
  await rejected(gateway, 1);
  expect(gateway.logs('config.rejected')[0]?.['faults']).toEqual([
    'server.management_port: a change needs a restart',
    'upstream.url: changing between the embedded model and a model server needs a restart',
  ]);
});

async function rejected(gateway: GatewayProcess, times: number): Promise<void> {
  await waitUntil('rejected', () => gateway.logs('config.rejected').length === times);
}

function configFile(text: string): { path: string; write: (text: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-config-'));
  const path = join(folder, 'glassgate.yaml');
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (next: string) => writeFileSync(path, next);
  write(text);
  return { path, write };
}
