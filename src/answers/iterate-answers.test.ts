import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { answerRecord, bareRecord } from './__fixtures__/answer-record.ts';
import { openForReading, SELECT_ANSWER } from './answer-reader.ts';
import { openAnswerWriter } from './answer-writer.ts';
import { type AnswerFilter, iterateAnswers, SELECT_ANSWERS } from './iterate-answers.ts';

describe('iterateAnswers', () => {
  it.each<[AnswerFilter, string[]]>([
    [{}, ['first', 'second', 'third', 'fourth', 'fifth']],
    [{ rating: 'up' }, ['second', 'fifth']],
    [{ rating: 'down' }, ['third']],
    [{ rating: 'any' }, ['second', 'third', 'fifth']],
    [{ rating: 'none' }, ['first', 'fourth']],
    [{ since: 2000 }, ['second', 'third', 'fourth', 'fifth']],
    [{ until: 3000 }, ['first', 'second']],
    [{ since: 3000, until: 5000 }, ['third', 'fourth']],
    [{ since: 3000, rating: 'up' }, ['fifth']],
    [{ until: 2000, rating: 'none' }, ['first']],
    [{ since: 9000 }, []],
  ])('with %j gives %j, oldest first', (filter, questions) => {
    const database = fiveAnswers();

    expect([...iterateAnswers(database, filter)].map(({ question }) => question)).toEqual(questions);
  });

  it('gives whole records with their feedback', () => {
    const database = fiveAnswers();

    const [second] = iterateAnswers(database, { rating: 'up' });

    expect(second).toEqual({
      ...bareRecord({ answerId: 'ans_2', createdAt: 2000, question: 'second' }),
      feedback: {
        answerId: 'ans_2',
        rating: 'up',
        comment: 'clear',
        reasons: ['correct'],
        updatedAt: expect.any(Number) as number,
      },
    });
  });

  it('reads what was there when it began, whatever is written meanwhile', () => {
    const { database, writer } = open();
    writer.write([JSON.stringify(answerRecord({ answerId: 'ans_1', createdAt: 1 }))]);
    const rows = iterateAnswers(database, {});
    expect(rows.next().done).toBe(false);

    writer.write([JSON.stringify(answerRecord({ answerId: 'ans_2', createdAt: 2 }))]);

    expect(rows.next().done).toBe(true);
  });
});

describe('query plans', () => {
  it.each([
    ['an answer of an owner', SELECT_ANSWER, 2],
    ['all answers of a time', SELECT_ANSWERS.all, 2],
    ['unrated answers', SELECT_ANSWERS.none, 2],
  ])('%s: no table is scanned and nothing is sorted', (_, sql, parameters) => {
    const plan = planOf(fiveAnswers(), sql, parameters);

    // The list of an answer's passages is a table of its own row, put in its order.
    const ofPassages =
      /^(CORRELATED SCALAR SUBQUERY|SCAN json_each VIRTUAL TABLE|USE TEMP B-TREE FOR json_group_array)/;
    for (const step of plan) expect(step).toMatch(new RegExp(`^SEARCH|${ofPassages.source}`));
  });

  it('an answer is found by its id', () => {
    expect(planOf(fiveAnswers(), SELECT_ANSWER, 2).slice(0, 2)).toEqual([
      'SEARCH answers USING INDEX sqlite_autoindex_answers_1 (answer_id=?)',
      'SEARCH feedback USING INDEX sqlite_autoindex_feedback_1 (answer_id=?) LEFT-JOIN',
    ]);
  });

  it('answers of a time are found by that time', () => {
    expect(planOf(fiveAnswers(), SELECT_ANSWERS.all, 2)[0]).toBe(
      'SEARCH answers USING INDEX answers_by_time (created_at>? AND created_at<?)',
    );
  });

  it.each(['up', 'down', 'any'] as const)('answers rated %s are found by their rating', (rating) => {
    const plan = planOf(fiveAnswers(), SELECT_ANSWERS[rating], 2);

    expect(plan[0]).toBe('SEARCH feedback USING INDEX feedback_by_rating (rating=?)');
    expect(plan[1]).toBe('SEARCH answers USING INDEX sqlite_autoindex_answers_1 (answer_id=?)');
  });
});

function open() {
  const path = join(temporaryFolder(), 'answers.db');
  const writer = openAnswerWriter({ path, busyTimeoutMs: 20 });
  const database = openForReading(path);
  onTestFinished(() => (database.close(), writer.close()));
  return { database, writer };
}

function fiveAnswers(): Database.Database {
  const { database, writer } = open();
  const records = ['first', 'second', 'third', 'fourth', 'fifth'].map((question, index) =>
    bareRecord({ answerId: `ans_${index + 1}`, createdAt: (index + 1) * 1000, question }),
  );
  // Written in another order than time: the order of the result is not that of the file.
  writer.write(records.toReversed().map((record) => JSON.stringify(record)));
  const rate = (answerId: string, rating: 'up' | 'down' | null, comment?: string) =>
    writer.rate({
      answerId,
      owner: 'key:alice',
      rating,
      comment,
      reasons: comment ? ['correct'] : undefined,
    });
  rate('ans_2', 'up', 'clear');
  rate('ans_3', 'down');
  rate('ans_4', 'up');
  rate('ans_4', null);
  rate('ans_5', 'up');
  rate('ans_lost', 'up');
  return database;
}

function planOf(database: Database.Database, sql: string, parameters: number): string[] {
  const plan = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
  return plan.all(...Array.from({ length: parameters }, () => 0)).map(({ detail }) => detail);
}
