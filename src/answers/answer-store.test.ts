import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable-error.ts';
import { answerRecord, TEST_SECRET } from './__fixtures__/answer-record.ts';
import { createAnswerId } from './answer-id.ts';
import type { RecordLoss } from './answer-recorder.ts';
import { type AnswerStore, type AnswerStoreOptions, openAnswerStore } from './answer-store.ts';
import { pruneAnswers } from './prune-answers.ts';

const ALICE = 'key:alice';

describe('record and find', () => {
  it('finds an answer at once, while it is queued', async () => {
    const { store } = await setUp();
    const record = answerRecord();

    store.record(record);

    expect(store.stats().queued).toBe(1);
    expect(await store.find(record.answerId, ALICE)).toEqual(record);
  });

  it('finds it when it is stored, in every store on the file', async () => {
    const { store, another } = await setUp();
    const record = answerRecord();
    store.record(record);
    await recorded(store, 1);

    expect(await store.find(record.answerId, ALICE)).toEqual(record);
    expect(await (await another()).find(record.answerId, ALICE)).toEqual(record);
  });

  it('waits for an answer that another worker is about to store', async () => {
    const { store, another } = await setUp();
    const other = await another();
    const record = answerRecord();

    const looking = other.find(record.answerId, ALICE);
    store.record(record);

    expect(await looking).toEqual(record);
  });

  it('gives up on an answer that never comes after half a second', async () => {
    const { store } = await setUp();
    const start = performance.now();

    expect(await store.find(createAnswerId(ALICE, TEST_SECRET), ALICE)).toBeUndefined();

    const tookMs = performance.now() - start;
    expect(tookMs).toBeGreaterThan(450);
    expect(tookMs).toBeLessThan(1500);
  });

  it('stops waiting when the caller leaves', async () => {
    const { store } = await setUp();
    const caller = new AbortController();
    const start = performance.now();

    const looking = store.find(createAnswerId(ALICE, TEST_SECRET), ALICE, caller.signal);
    caller.abort();

    expect(await looking).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(200);
  });

  it('shows an answer to nobody but its owner, and refuses others without a wait', async () => {
    const { store } = await setUp();
    const [queued, stored] = [answerRecord(), answerRecord()];
    store.record(stored);
    await recorded(store, 1);
    store.record(queued);
    const start = performance.now();

    for (const { answerId } of [queued, stored])
      expect(await store.find(answerId, 'key:mallory')).toBeUndefined();
    expect(await store.find('ans_invented', ALICE)).toBeUndefined();

    expect(performance.now() - start).toBeLessThan(200);
  });

  it('finds answers from before a change of the secret', async () => {
    const { store } = await setUp();
    const record = answerRecord({ answerId: createAnswerId(ALICE, Buffer.alloc(32, 99)) });
    store.record(record);
    await recorded(store, 1);

    expect(await store.find(record.answerId, ALICE)).toEqual(record);
    expect(await store.rate({ answerId: record.answerId, owner: ALICE, rating: 'up' })).toMatchObject({
      found: true,
    });
  });
});

describe('rate', () => {
  it('accepts feedback while the record is queued, and names the spans it belongs to', async () => {
    const { store } = await setUp();
    const record = answerRecord();
    store.record(record);

    const result = await store.rate({
      answerId: record.answerId,
      owner: ALICE,
      rating: 'up',
      comment: 'clear',
    });

    expect(result).toEqual({
      found: true,
      feedback: {
        answerId: record.answerId,
        rating: 'up',
        comment: 'clear',
        updatedAt: expect.any(Number) as number,
      },
      previousRating: null,
      changed: true,
      trace: { traceId: record.traceId, chatSpanId: record.chatSpanId, responseId: record.responseId },
    });
  });

  it('shows the feedback with the answer, queued or stored', async () => {
    const { store } = await setUp();
    const record = answerRecord();
    store.record(record);
    await store.rate({ answerId: record.answerId, owner: ALICE, rating: 'down', reasons: ['wrong'] });
    const feedback = { answerId: record.answerId, rating: 'down', reasons: ['wrong'] };

    expect(await store.find(record.answerId, ALICE)).toMatchObject({ ...record, feedback });
    await recorded(store, 1);
    expect(await store.find(record.answerId, ALICE)).toMatchObject({ ...record, feedback });
  });

  it('accepts feedback in one worker for a record that is queued in another', async () => {
    const { store, another } = await setUp();
    const other = await another();
    const record = answerRecord();

    const rating = other.rate({ answerId: record.answerId, owner: ALICE, rating: 'up' });
    store.record(record);

    expect(await rating).toMatchObject({ found: true, changed: true, trace: { traceId: record.traceId } });
  });

  it('keeps feedback for an answer whose record was lost', async () => {
    const { store, path } = await setUp();
    const answerId = createAnswerId(ALICE, TEST_SECRET);

    const result = await store.rate({ answerId, owner: ALICE, rating: 'down', comment: 'wrong' });

    expect(result).toMatchObject({ found: true, changed: true });
    expect(result).not.toHaveProperty('trace');
    expect(select(path, 'SELECT answer_id, owner, rating, comment FROM feedback')).toEqual([
      { answer_id: answerId, owner: ALICE, rating: 'down', comment: 'wrong' },
    ]);
  });

  it('refuses feedback of anybody but the owner and stores nothing', async () => {
    const { store, path } = await setUp();
    const record = answerRecord();
    store.record(record);
    await recorded(store, 1);

    expect(await store.rate({ answerId: record.answerId, owner: 'key:mallory', rating: 'down' })).toEqual({
      found: false,
    });
    expect(await store.rate({ answerId: 'ans_invented', owner: ALICE, rating: 'down' })).toEqual({
      found: false,
    });

    expect(select(path, 'SELECT * FROM feedback')).toEqual([]);
  });

  it('ends with one state when many workers rate at once', async () => {
    const { store, another, path } = await setUp();
    const other = await another();
    const record = answerRecord();
    store.record(record);

    const results = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        (n % 2 ? store : other).rate({
          answerId: record.answerId,
          owner: ALICE,
          rating: n % 4 < 2 ? 'up' : 'down',
        }),
      ),
    );

    for (const result of results) expect(result.found).toBe(true);
    expect(select(path, 'SELECT count(*) AS count FROM feedback')).toEqual([{ count: 1 }]);
  });
});

describe('a locked database', () => {
  it('holds no caller and no event loop, and everything is stored when the lock is gone', async () => {
    const { store, path, losses } = await setUp();
    const holder = lock(path);
    const records = Array.from({ length: 50 }, () => answerRecord());

    let longestMs = 0;
    for (const record of records)
      longestMs = Math.max(
        longestMs,
        timed(() => store.record(record)),
      );
    await vi.waitFor(() => expect(store.stats().writeError).toBe('SQLITE_BUSY'), { timeout: 3000 });

    expect(longestMs).toBeLessThan(20);
    expect(await longestPauseDuring(() => vi.waitFor(() => expect(ticks).toBeGreaterThan(50)))).toBeLessThan(
      150,
    );
    expect(store.stats()).toMatchObject({ queued: 50, recorded: 0, lost: 0 });
    expect(await store.find(records[0]?.answerId ?? '', ALICE)).toEqual(records[0]);

    holder.exec('ROLLBACK');
    await recorded(store, 50, 5000);
    expect(losses).toEqual([]);
    expect(store.stats().writeError).toBeUndefined();
  });

  it('fails feedback with a typed error, and takes it when the lock is gone', async () => {
    const { store, path } = await setUp();
    const rating = { answerId: createAnswerId(ALICE, TEST_SECRET), owner: ALICE, rating: 'up' } as const;
    const holder = lock(path);

    await expect(store.rate(rating)).rejects.toThrow(StorageUnavailableError);

    holder.exec('ROLLBACK');
    expect(await store.rate(rating)).toMatchObject({ found: true, changed: true });
  });

  it('counts what the queue cannot hold, and what is left at the end', async () => {
    const { store, path, losses } = await setUp({ queueLimit: 10 });
    lock(path);

    for (let n = 0; n < 15; n += 1) store.record(answerRecord());
    await store.close({ timeoutMs: 300 });

    expect(losses).toEqual([
      ...Array.from({ length: 5 }, () => ({ count: 1, reason: 'queue_full' })),
      { count: 10, reason: 'shutdown' },
    ]);
    expect(store.stats()).toMatchObject({ queued: 0, recorded: 0, lost: 15 });
  });
});

describe('a full disk', () => {
  it('is survived: nothing stored is damaged, the loss is counted, and writing goes on when there is room', async () => {
    const { store, path, losses } = await setUp({ maxPages: 64, queueLimit: 20 });
    const old = answerRecord({ createdAt: 1, answer: 'o'.repeat(100_000) });
    store.record(old);
    await recorded(store, 1);

    for (let n = 0; n < 30; n += 1)
      store.record(answerRecord({ createdAt: Date.now(), answer: 'n'.repeat(9000) }));
    await vi.waitFor(() => expect(store.stats().writeError).toBe('SQLITE_FULL'), { timeout: 3000 });

    expect(losses).toEqual(Array.from({ length: 10 }, () => ({ count: 1, reason: 'queue_full' })));
    expect(await store.find(old.answerId, ALICE)).toEqual(old);
    expect(select(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);

    // Room comes back: another process deletes what is old.
    expect(await pruneAnswers({ path, olderThanDays: 1 })).toEqual({ answers: 1, orphanedFeedback: 0 });
    await recorded(store, 21, 5000);
    expect(store.stats()).toMatchObject({ queued: 0, lost: 10, writeError: undefined });
    expect(select(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });
});

describe('a database that cannot be read', () => {
  it('is told apart from an answer that is not there', async () => {
    const { store, path } = await setUp();
    breakAnswers(path);

    await expect(store.find(createAnswerId(ALICE, TEST_SECRET), ALICE)).rejects.toMatchObject({
      code: 'storage_unavailable',
      reason: 'SQLITE_ERROR',
    });
  });

  it('costs feedback its telemetry, not the feedback', async () => {
    const { store, path } = await setUp();
    const answerId = createAnswerId(ALICE, TEST_SECRET);
    // The writer's statements are ready before the table goes.
    await store.rate({ answerId, owner: ALICE, rating: 'down' });
    breakAnswers(path);

    const result = await store.rate({ answerId, owner: ALICE, rating: 'up' });

    expect(result).toMatchObject({ found: true, changed: true, previousRating: 'down' });
    expect(result).not.toHaveProperty('trace');
  });

  it('keeps records until it can be written again', async () => {
    const { store, path, losses } = await setUp();
    const heal = breakAnswers(path);
    const record = answerRecord();
    store.record(record);
    await vi.waitFor(() => expect(store.stats().writeError).toBe('SQLITE_ERROR'));

    heal();
    await recorded(store, 1);

    expect(losses).toEqual([]);
    expect(await store.find(record.answerId, ALICE)).toEqual(record);
  });
});

describe('after close', () => {
  it('records are counted as lost and feedback is refused with a typed error', async () => {
    const { store, losses } = await setUp();
    await store.close({ timeoutMs: 1000 });

    store.record(answerRecord());
    const rating = store.rate({ answerId: createAnswerId(ALICE, TEST_SECRET), owner: ALICE, rating: 'up' });

    await expect(rating).rejects.toThrow(StorageUnavailableError);
    expect(losses).toEqual([{ count: 1, reason: 'shutdown' }]);
  });

  it('a second close does nothing', async () => {
    const { store, losses } = await setUp();
    store.record(answerRecord());
    await store.close({ timeoutMs: 1000 });

    await store.close({ timeoutMs: 1000 });

    expect(losses).toEqual([]);
    expect(store.stats()).toMatchObject({ queued: 0, recorded: 1, lost: 0 });
  });

  it('two closes at once both wait for what is queued', async () => {
    const { store, path } = await setUp();
    for (let n = 0; n < 300; n += 1) store.record(answerRecord());

    await Promise.all([store.close({ timeoutMs: 2000 }), store.close({ timeoutMs: 2000 })]);

    expect(store.stats()).toMatchObject({ recorded: 300, lost: 0 });
    expect(select(path, 'SELECT count(*) AS count FROM answers')).toEqual([{ count: 300 }]);
  });
});

describe('opening and closing', () => {
  it('refuses a database from a newer version', () => {
    const path = join(temporaryFolder(), 'answers.db');
    const newer = new Database(path);
    newer.pragma('user_version = 99');
    newer.close();

    expect(() => openAnswerStore({ path, secret: TEST_SECRET })).toThrow(/schema version 99.*up to 2/);
  });

  it('stores what is queued before it ends', async () => {
    const { store, path } = await setUp();
    for (let n = 0; n < 300; n += 1) store.record(answerRecord());

    await store.close({ timeoutMs: 2000 });

    expect(store.stats()).toMatchObject({ queued: 0, recorded: 300, lost: 0 });
    expect(select(path, 'SELECT count(*) AS count FROM answers')).toEqual([{ count: 300 }]);
  });

  it('tells how many were recorded', async () => {
    const counts: number[] = [];
    const { store } = await setUp({ onRecorded: (count) => void counts.push(count) });
    for (let n = 0; n < 5; n += 1) store.record(answerRecord());

    await recorded(store, 5);

    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
  });
});

async function setUp(options: Partial<AnswerStoreOptions> = {}) {
  const path = join(temporaryFolder(), 'answers.db');
  const losses: RecordLoss[] = [];
  const open = async (): Promise<AnswerStore> => {
    const store = openAnswerStore({
      path,
      secret: TEST_SECRET,
      onLoss: (loss) => void losses.push(loss),
      ...options,
    });
    onTestFinished(() => store.close({ timeoutMs: 0 }));
    await store.ready();
    return store;
  };
  return { store: await open(), another: open, path, losses };
}

async function recorded(store: AnswerStore, count: number, timeout = 2000): Promise<void> {
  await vi.waitFor(() => expect(store.stats().recorded).toBe(count), { timeout, interval: 5 });
}

function lock(path: string): Database.Database {
  const holder = new Database(path);
  onTestFinished(() => void holder.close());
  return holder.exec('BEGIN EXCLUSIVE');
}

/** Takes the table away from readers and writer; returns what gives it back. */
function breakAnswers(path: string): () => void {
  const vandal = new Database(path);
  onTestFinished(() => void vandal.close());
  vandal.exec('ALTER TABLE answers RENAME TO elsewhere');
  return () => void vandal.exec('ALTER TABLE elsewhere RENAME TO answers');
}

function select(path: string, sql: string): unknown[] {
  const database = new Database(path);
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

let ticks = 0;

/** The longest time in which the event loop did not turn while the work ran. */
async function longestPauseDuring(work: () => Promise<unknown>): Promise<number> {
  ticks = 0;
  let last = performance.now();
  let longestMs = 0;
  const timer = setInterval(() => {
    ticks += 1;
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 5);
  await work();
  clearInterval(timer);
  return longestMs;
}
