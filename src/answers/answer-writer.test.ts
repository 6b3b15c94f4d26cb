import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AnswerRecord } from '../domain/answer-record.ts';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { answerRecord, bareRecord } from './__fixtures__/answer-record.ts';
import { openAnswerReader } from './answer-reader.ts';
import { type AnswerWriter, openAnswerWriter } from './answer-writer.ts';
import type { RateRequest } from './stored-answer.ts';

describe('write', () => {
  it.each([
    ['every field', answerRecord()],
    ['no optional field', bareRecord()],
  ])('gives back a record with %s as it was', (_, record) => {
    const { writer, find } = openBoth();

    expect(write(writer, record)).toEqual({ recorded: 1, failed: 0 });

    expect(find(record)).toEqual(record);
  });

  it('keeps any text, NUL characters and emoji included', () => {
    const { writer, find } = openBoth();
    const record = answerRecord({ question: 'a\u0000b 😀 中文', answer: "'); DROP TABLE answers; --" });

    write(writer, record);

    expect(find(record)).toEqual(record);
  });

  it('counts a record that is stored already as recorded and keeps the first', () => {
    const { writer, find } = openBoth();
    const record = answerRecord();
    write(writer, record);

    expect(write(writer, { ...record, answer: 'another' })).toEqual({ recorded: 1, failed: 0 });

    expect(find(record)).toEqual(record);
  });

  it('stores the rest of a batch when records in it can never be stored', () => {
    const { writer, find } = openBoth();
    const [first, last] = [answerRecord(), answerRecord()];
    const withoutQuestion = JSON.stringify({ ...answerRecord(), question: undefined });
    const wrongKind = JSON.stringify({ ...answerRecord(), durationMs: 'long' });

    const result = writer.write([
      JSON.stringify(first),
      withoutQuestion,
      wrongKind,
      'no JSON at all',
      'null',
      JSON.stringify(last),
    ]);

    expect(result).toEqual({ recorded: 2, failed: 4 });
    expect([find(first), find(last)]).toEqual([first, last]);
  });

  it('throws after the busy timeout when another connection holds the lock, and works after it', () => {
    const { writer, path } = openBoth();
    const holder = lock(path);

    expect(() => write(writer, answerRecord())).toThrow('database is locked');

    holder.exec('ROLLBACK');
    expect(write(writer, answerRecord())).toEqual({ recorded: 1, failed: 0 });
  });

  it('stores all of a batch or nothing when the file is full, and damages nothing', () => {
    const { writer, path, find } = openBoth({ maxPages: 40 });
    const stored = answerRecord();
    write(writer, stored);
    const batch = Array.from({ length: 10 }, () => answerRecord({ answer: 'x'.repeat(30_000) }));

    expect(() => write(writer, ...batch)).toThrow('database or disk is full');

    expect(find(stored)).toEqual(stored);
    const check = new Database(path);
    onTestFinished(() => void check.close());
    expect(check.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(check.prepare('SELECT count(*) FROM answers').pluck().get()).toBe(1);
  });
});

describe('rate', () => {
  const up: RateRequest = { answerId: 'ans_1', owner: 'key:alice', rating: 'up' };

  it('stores a first rating with comment and reasons', () => {
    const { writer } = openBoth();

    const result = writer.rate({ ...up, comment: 'clear', reasons: ['correct', 'short'] });

    expect(result).toEqual({
      feedback: {
        answerId: 'ans_1',
        rating: 'up',
        comment: 'clear',
        reasons: ['correct', 'short'],
        updatedAt: expect.any(Number) as number,
      },
      previousRating: null,
      changed: true,
    });
  });

  it('changes nothing when the same is said again', () => {
    const { writer, path } = openBoth();
    const first = writer.rate({ ...up, comment: 'clear', reasons: ['correct'] });
    age(path, 5000);

    const again = writer.rate({ ...up, comment: 'clear', reasons: ['correct'] });

    expect(again.changed).toBe(false);
    expect(again.previousRating).toBe('up');
    expect(again.feedback).toEqual({ ...first.feedback, updatedAt: first.feedback.updatedAt - 5000 });
  });

  it('replaces the whole state with the newest word and keeps the time of the first', () => {
    const { writer, path } = openBoth();
    writer.rate({ ...up, comment: 'clear' });
    age(path, 5000);

    const result = writer.rate({ ...up, rating: 'down', reasons: ['wrong'] });

    expect(result.previousRating).toBe('up');
    expect(result.feedback).toEqual({
      answerId: 'ans_1',
      rating: 'down',
      reasons: ['wrong'],
      updatedAt: expect.any(Number) as number,
    });
    const [row] = rows(path) as { created_at: number; updated_at: number }[];
    expect((row?.updated_at ?? 0) - (row?.created_at ?? 0)).toBeGreaterThanOrEqual(5000);
  });

  it('counts a new comment under the same thumb as a change', () => {
    const { writer } = openBoth();
    writer.rate(up);

    expect(writer.rate({ ...up, comment: 'now with words' }).changed).toBe(true);
  });

  it('takes thumb, comment and reasons back when it is withdrawn', () => {
    const { writer, path } = openBoth();
    writer.rate({ ...up, comment: 'clear', reasons: ['correct'] });

    const result = writer.rate({ ...up, rating: null, comment: 'not kept' });

    expect(result).toEqual({
      feedback: { answerId: 'ans_1', rating: null, updatedAt: expect.any(Number) as number },
      previousRating: 'up',
      changed: true,
    });
    expect(rows(path)).toMatchObject([{ rating: null, comment: null, reasons: null }]);
    expect(writer.rate({ ...up, rating: null }).changed).toBe(false);
  });

  it('stores nothing when what was never given is withdrawn', () => {
    const { writer, path } = openBoth();

    expect(writer.rate({ ...up, rating: null })).toMatchObject({ previousRating: null, changed: false });

    expect(rows(path)).toEqual([]);
  });
});

interface Opened {
  readonly path: string;
  readonly writer: AnswerWriter;
  readonly find: (record: AnswerRecord) => AnswerRecord | undefined;
}

function openBoth({ maxPages }: { maxPages?: number } = {}): Opened {
  const path = join(temporaryFolder(), 'answers.db');
  const writer = openAnswerWriter({ path, busyTimeoutMs: 20, maxPages });
  const reader = openAnswerReader(path);
  onTestFinished(() => (reader.close(), writer.close()));
  return { path, writer, find: ({ answerId, owner }) => reader.find(answerId, owner) };
}

function write(writer: AnswerWriter, ...records: AnswerRecord[]): ReturnType<AnswerWriter['write']> {
  return writer.write(records.map((record) => JSON.stringify(record)));
}

function lock(path: string): Database.Database {
  const holder = new Database(path);
  onTestFinished(() => void holder.close());
  return holder.exec('BEGIN EXCLUSIVE');
}

function rows(path: string): unknown[] {
  const database = new Database(path);
  onTestFinished(() => void database.close());
  return database.prepare('SELECT * FROM feedback').all();
}

/** Moves what is stored into the past, instead of waiting. */
function age(path: string, byMs: number): void {
  const database = new Database(path);
  database
    .prepare('UPDATE feedback SET created_at = created_at - ?, updated_at = updated_at - ?')
    .run(byMs, byMs);
  database.close();
}
