import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { runProgram } from '../storage/__fixtures__/run-program.ts';
import { bareRecord } from './__fixtures__/answer-record.ts';
import { openAnswerWriter } from './answer-writer.ts';
import { pruneAnswers } from './prune-answers.ts';

const DAY_MS = 86_400_000;
const NOW = 1_790_000_000_000;

describe('pruneAnswers', () => {
  it('deletes answers past their age with their feedback, and no others', async () => {
    const { path, add, rate, idsOf } = setUp();
    add('ans_old', NOW - 91 * DAY_MS);
    add('ans_edge', NOW - 90 * DAY_MS);
    add('ans_new', NOW);
    for (const id of ['ans_old', 'ans_edge', 'ans_new']) rate(id);

    expect(await pruneAnswers({ path, olderThanDays: 90, now: NOW })).toEqual({
      answers: 1,
      orphanedFeedback: 0,
    });

    expect(idsOf('answers')).toEqual(['ans_edge', 'ans_new']);
    expect(idsOf('feedback')).toEqual(['ans_edge', 'ans_new']);
  });

  it('deletes feedback of lost answers by its own age', async () => {
    const { path, rate, idsOf } = setUp();
    rate('ans_lost');

    expect(await pruneAnswers({ path, olderThanDays: 1 })).toEqual({ answers: 0, orphanedFeedback: 0 });
    expect(idsOf('feedback')).toEqual(['ans_lost']);

    const later = Date.now() + 2 * DAY_MS;
    expect(await pruneAnswers({ path, olderThanDays: 1, now: later })).toEqual({
      answers: 0,
      orphanedFeedback: 1,
    });
    expect(idsOf('feedback')).toEqual([]);
  });

  it('works in batches between which others write', async () => {
    const { path, addMany, add, idsOf } = setUp();
    addMany(1000, NOW - 100 * DAY_MS);

    const pruning = pruneAnswers({ path, olderThanDays: 90, now: NOW });
    await vi.waitFor(() => expect(idsOf('answers').length).toBeLessThan(1000), { interval: 1 });
    add('ans_new', NOW);
    expect(idsOf('answers').length).toBeGreaterThan(1);

    expect(await pruning).toEqual({ answers: 1000, orphanedFeedback: 0 });
    expect(idsOf('answers')).toEqual(['ans_new']);
  });

  it('waits without holding the event loop while another process has the lock', async () => {
    const { path, add, idsOf } = setUp();
    add('ans_old', 1);
    const holder = new Database(path);
    onTestFinished(() => void holder.close());
    holder.exec('BEGIN EXCLUSIVE');

    let ended = false;
    const pruning = pruneAnswers({ path, olderThanDays: 90, now: NOW }).finally(() => (ended = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    holder.exec('ROLLBACK');

    expect(await pruning).toEqual({ answers: 1, orphanedFeedback: 0 });
    expect(idsOf('answers')).toEqual([]);
  });

  it('stops between batches when it is told to', async () => {
    const { path, addMany, idsOf } = setUp();
    addMany(1000, 1);
    const stop = new AbortController();

    const pruning = pruneAnswers({ path, olderThanDays: 90, now: NOW, signal: stop.signal });
    stop.abort();
    const { answers } = await pruning;

    expect(answers).toBe(200);
    expect(idsOf('answers')).toHaveLength(800);
  });

  it('finds what is old by an index', () => {
    const { path } = setUp();
    const database = new Database(path);
    onTestFinished(() => void database.close());
    const plan = (sql: string) => database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();

    expect(
      plan('SELECT answer_id FROM answers WHERE created_at < 1 ORDER BY created_at LIMIT 200'),
    ).toMatchObject([{ detail: 'SEARCH answers USING COVERING INDEX answers_by_time (created_at<?)' }]);
    expect(plan('SELECT answer_id FROM feedback WHERE created_at < 1')).toMatchObject([
      { detail: 'SEARCH feedback USING INDEX feedback_by_time (created_at<?)' },
    ]);
  });
});

describe('npm run answers:prune', () => {
  const COMMAND = new URL('./prune-command.ts', import.meta.url);

  it('deletes what is past the given age and says how much', async () => {
    const { folder, add, idsOf } = setUp();
    add('ans_old', Date.now() - 3 * DAY_MS);
    add('ans_new', Date.now());

    const result = await runProgram(COMMAND, ['--data', folder, '--older-than-days', '2']);

    expect(result).toEqual({
      exitCode: 0,
      stdout: 'Deleted 1 answers older than 2 days, and 0 ratings of answers never stored.\n',
      stderr: '',
    });
    expect(idsOf('answers')).toEqual(['ans_new']);
  });

  it('takes age and folder from the configuration otherwise', async () => {
    const { folder, add, idsOf } = setUp();
    add('ans_old', Date.now() - 3 * DAY_MS);

    const result = await runProgram(COMMAND, [], {
      GLASSGATE_STORAGE_FOLDER: folder,
      GLASSGATE_STORAGE_RETENTION_DAYS: '1',
    });

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(idsOf('answers')).toEqual([]);
  });

  it.each(['0', '-1', 'many', '1.5'])('refuses the age %s', async (age) => {
    const { folder } = setUp();

    const result = await runProgram(COMMAND, ['--data', folder, `--older-than-days=${age}`]);

    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('--older-than-days needs a whole number from 1 on.');
  });

  it('says that there is no database instead of making one', async () => {
    const folder = temporaryFolder();

    const result = await runProgram(COMMAND, ['--data', folder]);

    expect(result).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `There is no answer database at ${join(folder, 'answers.db')}.\n`,
    });
  });
});

function setUp() {
  const folder = temporaryFolder();
  const path = join(folder, 'answers.db');
  const writer = openAnswerWriter({ path, busyTimeoutMs: 250 });
  onTestFinished(() => writer.close());
  const recordOf = (answerId: string, createdAt: number) =>
    JSON.stringify(bareRecord({ answerId, createdAt }));
  return {
    folder,
    path,
    add: (answerId: string, createdAt: number) => void writer.write([recordOf(answerId, createdAt)]),
    addMany: (count: number, createdAt: number) =>
      void writer.write(Array.from({ length: count }, (_, n) => recordOf(`ans_many_${n}`, createdAt))),
    rate: (answerId: string) => void writer.rate({ answerId, owner: 'key:alice', rating: 'up' }),
    idsOf: (table: 'answers' | 'feedback'): unknown[] => {
      const database = new Database(path, { readonly: true });
      try {
        return database.prepare(`SELECT answer_id FROM ${table} ORDER BY answer_id`).pluck().all();
      } finally {
        database.close();
      }
    },
  };
}
