import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable-error.ts';
import { answerRecord } from './__fixtures__/answer-record.ts';
import { AnswerRecorder, type RecordLoss } from './answer-recorder.ts';
import { createWriterClient, type WriterClient } from './writer-client.ts';

const CRASHING_THREAD = new URL('./__fixtures__/crashing-thread.ts', import.meta.url);
const JSON_RECORD = () => Buffer.from(JSON.stringify(answerRecord()));

describe('the writer thread', () => {
  it('stores batches and ratings', async () => {
    const { client, count } = setUp();

    expect(await client.write([JSON_RECORD(), JSON_RECORD()])).toEqual({ recorded: 2, failed: 0 });
    const rated = await client.rate({ answerId: 'ans_1', owner: 'key:alice', rating: 'down' }, 1000);

    expect(rated).toMatchObject({ changed: true, feedback: { rating: 'down' } });
    expect(count()).toBe(2);
  });

  it('says with a code why it could not store, and works again after it', async () => {
    const { client, path } = setUp();
    await client.open();
    const holder = new Database(path);
    onTestFinished(() => void holder.close());
    holder.exec('BEGIN EXCLUSIVE');

    await expect(client.write([JSON_RECORD()])).rejects.toMatchObject({ reason: 'SQLITE_BUSY', status: 503 });

    holder.exec('ROLLBACK');
    expect(await client.write([JSON_RECORD()])).toEqual({ recorded: 1, failed: 0 });
  });

  it('opens the file anew after a fault, so it heals when the file does', async () => {
    const { client, path, count } = setUp();
    await client.write([JSON_RECORD()]);
    const vandal = new Database(path);
    onTestFinished(() => void vandal.close());
    vandal.exec('ALTER TABLE answers RENAME TO elsewhere');

    await expect(client.write([JSON_RECORD()])).rejects.toMatchObject({ reason: 'SQLITE_ERROR' });
    vandal.exec('ALTER TABLE elsewhere RENAME TO answers');

    expect(await client.write([JSON_RECORD()])).toEqual({ recorded: 1, failed: 0 });
    expect(count()).toBe(2);
  });

  it('says that the file is from a newer version when it is exchanged under it', async () => {
    const { client, path } = setUp();
    const newer = new Database(path);
    newer.pragma('user_version = 99');
    newer.close();

    await expect(client.open()).rejects.toMatchObject({ reason: 'writer_failed' });
  });

  it('fails a rating that is not answered in time', async () => {
    const { client } = setUp();
    const rating = client.rate({ answerId: 'ans_1', owner: 'key:alice', rating: 'up' }, 0);

    await expect(rating).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('refuses calls past its limit instead of collecting them', async () => {
    const { client } = setUp();
    const calls = Array.from({ length: 1001 }, (_, n) =>
      client.rate({ answerId: `ans_${n}`, owner: 'key:alice', rating: 'up' }, 5000),
    );

    const outcomes = await Promise.allSettled(calls);

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1000);
    expect(outcomes[1000]).toMatchObject({ status: 'rejected', reason: { reason: 'writer_busy' } });
  });

  it('folds the log into the database when it is closed, and refuses calls from then on', async () => {
    const { client, path } = setUp();
    await client.write([JSON_RECORD()]);

    await client.close(1000);

    await expect(client.write([JSON_RECORD()])).rejects.toThrow(StorageUnavailableError);
    const database = new Database(path, { readonly: true });
    onTestFinished(() => void database.close());
    expect(database.prepare('SELECT count(*) FROM answers').pluck().get()).toBe(1);
  });
});

describe('a crash of the thread', () => {
  it('fails the calls under way and the next ones until the pause is over, then starts again', async () => {
    const { client, count } = setUp(CRASHING_THREAD);
    await client.write([JSON_RECORD()]);

    await expect(client.write([Buffer.from('CRASH')])).rejects.toMatchObject({ reason: 'writer_crashed' });
    await expect(client.write([JSON_RECORD()])).rejects.toMatchObject({ reason: 'writer_restarting' });

    await vi.waitFor(async () => expect(await client.write([JSON_RECORD()])).toMatchObject({ recorded: 1 }));
    expect(count()).toBe(2);
  });

  it('costs only the batch that causes it: what waited and what follows is stored', async () => {
    const { client, count } = setUp(CRASHING_THREAD);
    await client.open();
    const losses: RecordLoss[] = [];
    const recorder = new AnswerRecorder({
      write: (records) => client.write(records),
      queueLimit: 100,
      queueLimitBytes: 1 << 20,
      onLoss: (loss) => void losses.push(loss),
      onRecorded: () => undefined,
    });
    onTestFinished(() => recorder.close(0));

    recorder.record(answerRecord({ answer: 'CRASH' }));
    await vi.waitFor(() => expect(recorder.stats().writeError).toBe('writer_crashed'), { interval: 5 });
    recorder.record(answerRecord());
    await vi.waitFor(() => expect(recorder.stats()).toMatchObject({ queued: 0, recorded: 1 }), {
      timeout: 5000,
    });

    expect(losses).toEqual([{ count: 1, reason: 'write_failed' }]);
    expect(count()).toBe(1);
  });
});

function setUp(threadFile?: URL): { client: WriterClient; path: string; count: () => unknown } {
  const path = join(temporaryFolder(), 'answers.db');
  const client = createWriterClient({ path, busyTimeoutMs: 20 }, threadFile);
  onTestFinished(() => client.close(1000));
  const count = () => {
    const database = new Database(path);
    try {
      return database.prepare('SELECT count(*) FROM answers').pluck().get();
    } finally {
      database.close();
    }
  };
  return { client, path, count };
}
