import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { runProgram } from '../storage/__fixtures__/run-program.ts';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { bareRecord } from './__fixtures__/answer-record.ts';
import type { RecorderStats } from './answer-recorder.ts';
import { openAnswerWriter } from './answer-writer.ts';
import { pruneAnswers } from './prune-answers.ts';

const BUSY_PROCESS = new URL('./__fixtures__/busy-process.ts', import.meta.url);
const COUNT = 3000;

interface Report {
  readonly recorded: number;
  readonly lost: Readonly<Record<string, number>>;
  readonly rated: number;
  readonly stats: RecorderStats;
}

it(
  'the books agree: every record is stored or counted as lost, over workers and beside a deletion',
  { timeout: 20_000 },
  async () => {
    const path = join(temporaryFolder(), 'answers.db');
    fillWithOldAnswers(path, 2000);

    const workers = [1, 2].map(() => runProgram(BUSY_PROCESS, [path, String(COUNT)]));
    const pruned = await pruneAnswers({ path, olderThanDays: 1 });
    const reports = (await Promise.all(workers)).map(reportOf);

    expect(pruned).toEqual({ answers: 2000, orphanedFeedback: 0 });
    for (const { recorded, lost, rated, stats } of reports) {
      const lostInAll = Object.values(lost).reduce((sum, count) => sum + count, 0);
      expect(recorded + lostInAll).toBe(COUNT);
      expect(stats).toMatchObject({ queued: 0, queuedBytes: 0, recorded, lost: lostInAll });
      expect(Object.keys(lost).filter((reason) => reason !== 'queue_full')).toEqual([]);
      expect(rated).toBe(COUNT / 50);
    }
    const total = (pick: (report: Report) => number) =>
      reports.reduce((sum, report) => sum + pick(report), 0);
    expect(countsOf(path)).toEqual({
      answers: total(({ recorded }) => recorded),
      feedback: total(({ rated }) => rated),
      integrity: 'ok',
    });
  },
);

function fillWithOldAnswers(path: string, count: number): void {
  const writer = openAnswerWriter({ path, busyTimeoutMs: 250 });
  writer.write(
    Array.from({ length: count }, (_, n) =>
      JSON.stringify(bareRecord({ answerId: `ans_old_${n}`, createdAt: 1 })),
    ),
  );
  writer.close();
}

function reportOf({
  exitCode,
  stdout,
  stderr,
}: {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}): Report {
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

function countsOf(path: string): { answers: unknown; feedback: unknown; integrity: unknown } {
  const database = new Database(path);
  try {
    return {
      answers: database.prepare('SELECT count(*) FROM answers').pluck().get(),
      feedback: database.prepare('SELECT count(*) FROM feedback').pluck().get(),
      integrity: database.pragma('integrity_check', { simple: true }),
    };
  } finally {
    database.close();
  }
}
