import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AnswerRecord } from '../domain/answer-record.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable-error.ts';
import { answerRecord } from './__fixtures__/answer-record.ts';
import { AnswerRecorder, type RecorderOptions, type RecordLoss } from './answer-recorder.ts';
import type { BatchResult } from './answer-writer.ts';

// The writer is handed in: here it does what each test says. Time is faked, so that nothing waits.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('record', () => {
  it('writes nothing at once and one batch after 20 ms', async () => {
    const { recorder, batches, recorded } = setUp();
    const records = [answerRecord(), answerRecord(), answerRecord()];
    for (const record of records) recorder.record(record);

    await vi.advanceTimersByTimeAsync(19);
    expect(batches).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);

    expect(batches).toEqual([records]);
    expect(recorded).toEqual([3]);
    expect(recorder.stats()).toEqual({
      queued: 0,
      queuedBytes: 0,
      recorded: 3,
      lost: 0,
      writeError: undefined,
    });
  });

  it('hands over one batch at a time, and the next as soon as it is done', async () => {
    const first = Promise.withResolvers<BatchResult>();
    const { recorder, batches } = setUp({ outcomes: [() => first.promise] });
    const [one, two] = [answerRecord(), answerRecord()];
    recorder.record(one);
    await vi.advanceTimersByTimeAsync(20);
    recorder.record(two);
    await vi.advanceTimersByTimeAsync(1000);
    expect(batches).toEqual([[one]]);

    first.resolve({ recorded: 1, failed: 0 });
    await vi.advanceTimersByTimeAsync(1);

    expect(batches).toEqual([[one], [two]]);
  });

  it('splits what has piled up into batches of at most 256', async () => {
    const { recorder, batches } = setUp();
    for (let n = 0; n < 600; n += 1) recorder.record(answerRecord());

    await vi.advanceTimersByTimeAsync(30);

    expect(batches.map((batch) => batch.length)).toEqual([256, 256, 88]);
  });

  it('takes an id once', async () => {
    const { recorder, batches } = setUp();
    const record = answerRecord();
    recorder.record(record);
    recorder.record({ ...record, answer: 'another' });

    await vi.advanceTimersByTimeAsync(20);

    expect(batches).toEqual([[record]]);
  });

  it('is not touched by what the caller does with the record afterwards', async () => {
    const { recorder, batches } = setUp();
    const record = answerRecord();
    const stages = [...record.stages];
    recorder.record({ ...record, stages });
    stages.length = 0;

    await vi.advanceTimersByTimeAsync(20);

    expect(batches).toEqual([[record]]);
  });

  it('counts what does not fit by number as lost', () => {
    const { recorder, losses } = setUp({ queueLimit: 2 });

    for (let n = 0; n < 5; n += 1) recorder.record(answerRecord());

    expect(recorder.stats()).toMatchObject({ queued: 2, lost: 3 });
    expect(losses).toEqual(Array.from({ length: 3 }, () => ({ count: 1, reason: 'queue_full' })));
  });

  it('counts what does not fit by size as lost, in bytes and not in characters', () => {
    const record = answerRecord({ answer: '汉'.repeat(1000) });
    const bytes = Buffer.byteLength(JSON.stringify(record));
    const { recorder, losses } = setUp({ queueLimitBytes: 2 * bytes - 1 });

    recorder.record(record);
    recorder.record(answerRecord({ answer: '汉'.repeat(1000) }));

    expect(recorder.stats()).toMatchObject({ queued: 1, queuedBytes: bytes, lost: 1 });
    expect(losses).toEqual([{ count: 1, reason: 'queue_full' }]);
  });

  it('counts those being written against the limit too', async () => {
    const { recorder } = setUp({ queueLimit: 1, outcomes: [() => new Promise(() => undefined)] });
    recorder.record(answerRecord());
    await vi.advanceTimersByTimeAsync(20);

    recorder.record(answerRecord());

    expect(recorder.stats()).toMatchObject({ queued: 1, lost: 1 });
  });

  it('counts a record that has no JSON as lost and writes the others', async () => {
    const { recorder, batches, losses } = setUp();
    const circular = { ...answerRecord(), usage: { inputTokens: 1n as unknown as number, outputTokens: 1 } };
    const good = answerRecord();

    expect(() => recorder.record(circular)).not.toThrow();
    recorder.record(good);
    await vi.advanceTimersByTimeAsync(20);

    expect(losses).toEqual([{ count: 1, reason: 'write_failed' }]);
    expect(batches).toEqual([[good]]);
  });

  it('does not let a callback that throws reach the caller or stop the writing', async () => {
    const explode = () => {
      throw new Error('no metrics today');
    };
    const { recorder, batches } = setUp({ queueLimit: 1, onLoss: explode, onRecorded: explode });

    expect(() => {
      recorder.record(answerRecord());
      recorder.record(answerRecord());
    }).not.toThrow();
    await vi.advanceTimersByTimeAsync(20);
    recorder.record(answerRecord());
    await vi.advanceTimersByTimeAsync(20);

    expect(batches).toHaveLength(2);
    expect(recorder.stats()).toMatchObject({ recorded: 2, lost: 1, queued: 0 });
  });
});

describe('when writing fails', () => {
  const locked = () => Promise.reject(new StorageUnavailableError('SQLITE_BUSY'));
  const crashed = () => Promise.reject(new StorageUnavailableError('writer_crashed'));

  it('tries the same batch again with growing pauses until it is stored', async () => {
    const { recorder, batches, losses } = setUp({ outcomes: [locked, locked, locked] });
    const record = answerRecord();
    recorder.record(record);

    await vi.advanceTimersByTimeAsync(20);
    expect(recorder.stats()).toMatchObject({ queued: 1, writeError: 'SQLITE_BUSY' });
    await vi.advanceTimersByTimeAsync(20 + 40 + 79);
    expect(batches).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1);

    expect(batches).toEqual([[record], [record], [record], [record]]);
    expect(recorder.stats()).toMatchObject({ queued: 0, recorded: 1, lost: 0, writeError: undefined });
    expect(losses).toEqual([]);
  });

  it('pauses for a second at most', async () => {
    const { recorder, batches } = setUp({ outcomes: Array.from({ length: 1000 }, () => locked) });
    recorder.record(answerRecord());
    await vi.advanceTimersByTimeAsync(60_000);
    const before = batches.length;

    await vi.advanceTimersByTimeAsync(10_000);

    expect(batches.length - before).toBe(10);
  });

  it('does not try faster because new records come in', async () => {
    const { recorder, batches } = setUp({ outcomes: Array.from({ length: 1000 }, () => locked) });
    recorder.record(answerRecord());
    await vi.advanceTimersByTimeAsync(60_000);
    const before = batches.length;

    for (let n = 0; n < 100; n += 1) {
      recorder.record(answerRecord());
      await vi.advanceTimersByTimeAsync(100);
    }

    expect(batches.length - before).toBe(10);
  });

  it('counts records that can never be stored', async () => {
    const { recorder, losses, recorded } = setUp({
      outcomes: [() => Promise.resolve({ recorded: 1, failed: 2 })],
    });
    for (let n = 0; n < 3; n += 1) recorder.record(answerRecord());

    await vi.advanceTimersByTimeAsync(20);

    expect(recorded).toEqual([1]);
    expect(losses).toEqual([{ count: 2, reason: 'write_failed' }]);
    expect(recorder.stats()).toMatchObject({ queued: 0, recorded: 1, lost: 2 });
  });

  it('gives a batch up that was there at three crashes, and goes on with the next', async () => {
    const { recorder, batches, losses } = setUp({ outcomes: [crashed, crashed, crashed] });
    const [poison, next] = [answerRecord(), answerRecord()];
    recorder.record(poison);
    await vi.advanceTimersByTimeAsync(20);
    recorder.record(next);

    await vi.advanceTimersByTimeAsync(1000);

    expect(batches).toEqual([[poison], [poison], [poison], [next]]);
    expect(losses).toEqual([{ count: 1, reason: 'write_failed' }]);
    expect(recorder.stats()).toMatchObject({ queued: 0, queuedBytes: 0, recorded: 1, lost: 1 });
  });
});

describe('find', () => {
  it('finds a record while it waits and while it is written, and not after', async () => {
    const writing = Promise.withResolvers<BatchResult>();
    const { recorder } = setUp({ outcomes: [() => writing.promise] });
    const record = answerRecord();
    recorder.record(record);
    expect(recorder.find(record.answerId)).toEqual(record);

    await vi.advanceTimersByTimeAsync(20);
    expect(recorder.find(record.answerId)).toEqual(record);

    writing.resolve({ recorded: 1, failed: 0 });
    await vi.advanceTimersByTimeAsync(0);
    expect(recorder.find(record.answerId)).toBeUndefined();
  });
});

describe('close', () => {
  it('writes what is queued without waiting for the interval', async () => {
    const { recorder, batches } = setUp();
    for (let n = 0; n < 300; n += 1) recorder.record(answerRecord());

    const closed = recorder.close(1000);
    await vi.advanceTimersByTimeAsync(10);
    await closed;

    expect(batches.map((batch) => batch.length)).toEqual([256, 44]);
    expect(recorder.stats()).toMatchObject({ queued: 0, recorded: 300, lost: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends at its limit and counts what is left, once', async () => {
    const writing = Promise.withResolvers<BatchResult>();
    const { recorder, losses } = setUp({ outcomes: [() => writing.promise] });
    for (let n = 0; n < 300; n += 1) recorder.record(answerRecord());

    const closed = recorder.close(500);
    await vi.advanceTimersByTimeAsync(500);
    await closed;
    writing.resolve({ recorded: 256, failed: 0 });
    await vi.advanceTimersByTimeAsync(1000);

    expect(losses).toEqual([{ count: 300, reason: 'shutdown' }]);
    expect(recorder.stats()).toMatchObject({ queued: 0, queuedBytes: 0, recorded: 0, lost: 300 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts what comes after it as lost', async () => {
    const { recorder, losses } = setUp();
    await recorder.close(100);

    recorder.record(answerRecord());

    expect(losses).toEqual([{ count: 1, reason: 'shutdown' }]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

interface SetUpOptions extends Partial<RecorderOptions> {
  /** What the first writes do; the ones after them succeed. */
  readonly outcomes?: (() => Promise<BatchResult>)[];
}

function setUp({ outcomes = [], ...options }: SetUpOptions = {}) {
  const batches: AnswerRecord[][] = [];
  const losses: RecordLoss[] = [];
  const recorded: number[] = [];
  const recorder = new AnswerRecorder({
    queueLimit: 1000,
    queueLimitBytes: 10 << 20,
    onLoss: (loss) => void losses.push(loss),
    onRecorded: (count) => void recorded.push(count),
    write: (records) => {
      const outcome = outcomes[batches.length];
      batches.push(records.map((record) => JSON.parse(Buffer.from(record).toString()) as AnswerRecord));
      return outcome ? outcome() : Promise.resolve({ recorded: records.length, failed: 0 });
    },
    ...options,
  });
  return { recorder, batches, losses, recorded };
}
