import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';

const RECORDING_PROCESS = new URL('./__fixtures__/recording-process.ts', import.meta.url);
const PROMISE_MS = 100;

it('a kill -9 costs no answer that was recorded more than 100 ms before', { timeout: 20_000 }, async () => {
  const path = join(temporaryFolder(), 'answers.db');
  const workers = [startWorker(path), startWorker(path)];
  await Promise.all(workers.map((worker) => worker.recordedAtLeast(200)));

  const killedAt = Date.now();
  for (const { child } of workers) child.kill('SIGKILL');
  const recorded = (await Promise.all(workers.map((worker) => worker.ended()))).flat();

  const promised = recorded.filter(({ at }) => at < killedAt - PROMISE_MS);
  const database = new Database(path);
  const stored = new Set(database.prepare('SELECT answer_id FROM answers').pluck().all());
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
  expect(promised.length).toBeGreaterThan(200);
  expect(promised.filter(({ answerId }) => !stored.has(answerId))).toEqual([]);
});

interface Recorded {
  readonly answerId: string;
  readonly at: number;
}

function startWorker(path: string): {
  readonly child: ChildProcess;
  recordedAtLeast(count: number): Promise<void>;
  ended(): Promise<Recorded[]>;
} {
  const child = spawn(process.execPath, [RECORDING_PROCESS.pathname, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const closed = once(child, 'close');
  return {
    child,
    async recordedAtLeast(count) {
      while (output.split('\n').length <= count) await once(child.stdout, 'data');
    },
    async ended() {
      await closed;
      return output.split('\n').slice(0, -1).map(parseLine);
    },
  };
}

function parseLine(line: string): Recorded {
  const [answerId = '', at = ''] = line.split(' ');
  return { answerId, at: Number(at) };
}
