import type { AnswerRecord } from '../domain/answer-record.ts';
import { StorageUnavailableError } from '../storage/storage-unavailable-error.ts';
import type { BatchResult } from './answer-writer.ts';
import { StoredTexts, type WrittenRecord } from './stored-texts.ts';
import { WRITER_CRASHED } from './writer-client.ts';

/** Answer records that will never be stored, and why. */
export interface RecordLoss {
  readonly count: number;
  readonly reason: 'queue_full' | 'write_failed' | 'shutdown';
}

/** What a recorder needs; the callbacks are for metrics and logs. */
export interface RecorderOptions {
  /** Stores a batch in one transaction, or throws when nothing of it was stored. */
  readonly write: (records: readonly Uint8Array[]) => Promise<BatchResult>;
  /** Records that may wait, those being written included. */
  readonly queueLimit: number;
  /** The same in bytes of JSON. */
  readonly queueLimitBytes: number;
  readonly onLoss: (loss: RecordLoss) => void;
  readonly onRecorded: (count: number) => void;
}

/** How a recorder is doing. */
export interface RecorderStats {
  /** Waiting or being written: what a crash of the process would lose. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Since the start, as is `lost`; with `queued` they add up to the calls of `record`. */
  readonly recorded: number;
  readonly lost: number;
  /** Why the newest write failed; undefined when it did not. */
  readonly writeError: string | undefined;
}

/** Collects for this long: a fifth of the 100 ms in which an answer must be stored. */
const FLUSH_INTERVAL_MS = 20;
/** A transaction of this size takes milliseconds, so other workers get their turn within their busy timeout. */
const BATCH_LIMIT = 256;
const RETRY_DELAY_MS = { first: 20, longest: 1000 };
/** A batch that was there at so many crashes in a row is what crashes the thread. */
const CRASH_LIMIT = 3;

interface QueuedRecord {
  readonly record: AnswerRecord;
  readonly written: WrittenRecord;
  /** Of what is written, in UTF-8. */
  readonly json: Buffer;
}

/** A bounded queue before the writer: takes records without waiting, hands one batch at a time over, repeats what failed. */
export class AnswerRecorder {
  readonly #options: RecorderOptions;
  readonly #waiting = new Map<string, QueuedRecord>();
  readonly #storedTexts = new StoredTexts();
  #batch = new Map<string, QueuedRecord>();
  #queuedBytes = 0;
  #recorded = 0;
  #lost = 0;
  #failuresInARow = 0;
  #crashesInARow = 0;
  #writeError: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Never waits, never throws; what cannot be taken is counted as lost. */
  record(record: AnswerRecord): void {
    const written = this.#storedTexts.leaveOut(record);
    const json = toJson(written);
    if (json === undefined) return this.#lose(1, 'write_failed');
    if (this.#closed) return this.#lose(1, 'shutdown');
    if (this.#has(record.answerId)) return;
    if (
      this.#size >= this.#options.queueLimit ||
      this.#queuedBytes + json.length > this.#options.queueLimitBytes
    )
      return this.#lose(1, 'queue_full');
    this.#waiting.set(record.answerId, { record, written, json });
    this.#queuedBytes += json.length;
    this.#flushAfter(FLUSH_INTERVAL_MS);
  }

  /** A record that is not known to be stored yet. */
  find(answerId: string): AnswerRecord | undefined {
    return (this.#waiting.get(answerId) ?? this.#batch.get(answerId))?.record;
  }

  stats(): RecorderStats {
    return {
      queued: this.#size,
      queuedBytes: this.#queuedBytes,
      recorded: this.#recorded,
      lost: this.#lost,
      writeError: this.#writeError,
    };
  }

  /** Takes no more; stores what it has as far as the time allows, and counts the rest as lost. */
  async close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    if (this.#size > 0) await this.#idleWithin(timeoutMs);
    clearTimeout(this.#timer);
    if (this.#size > 0) this.#lose(this.#size, 'shutdown');
    this.#waiting.clear();
    this.#forgetBatch();
    this.#queuedBytes = 0;
  }

  get #size(): number {
    return this.#waiting.size + this.#batch.size;
  }

  #has(answerId: string): boolean {
    return this.#waiting.has(answerId) || this.#batch.has(answerId);
  }

  async #idleWithin(timeoutMs: number): Promise<void> {
    const idle = Promise.withResolvers<void>();
    this.#onIdle = idle.resolve;
    // Not unref'd, unlike the flush timer: it keeps the process up until the queue is empty or the time is over.
    const deadline = setTimeout(idle.resolve, timeoutMs);
    if (!this.#writing) this.#restartTimer(0);
    await idle.promise;
    clearTimeout(deadline);
    this.#onIdle = undefined;
  }

  #flushAfter(delayMs: number): void {
    if (this.#timer === undefined && !this.#writing) this.#restartTimer(delayMs);
  }

  #restartTimer(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#flush(), delayMs).unref();
  }

  async #flush(): Promise<void> {
    this.#timer = undefined;
    // A batch that failed is still here and goes again, unchanged: repeated ids are harmless to the writer.
    if (this.#batch.size === 0) this.#takeBatch();
    if (this.#batch.size === 0) return;
    this.#writing = true;
    const batch = this.#batch;
    const outcome = await this.#options.write(Array.from(batch.values(), ({ json }) => json)).catch(toError);
    this.#writing = false;
    // Closed in the meantime: this batch was counted as lost, and stays so.
    if (this.#batch !== batch) return;
    if (outcome instanceof Error) this.#afterFailure(outcome);
    else this.#afterSuccess(outcome);
  }

  #takeBatch(): void {
    for (const [answerId, queued] of this.#waiting) {
      if (this.#batch.size >= BATCH_LIMIT) break;
      this.#waiting.delete(answerId);
      this.#batch.set(answerId, queued);
    }
  }

  #afterSuccess({ recorded, failed }: BatchResult): void {
    this.#failuresInARow = 0;
    this.#crashesInARow = 0;
    this.#writeError = undefined;
    this.#recorded += recorded;
    // Which of them failed is not known, and its texts may have gone with it.
    if (failed === 0) for (const { written } of this.#batch.values()) this.#storedTexts.note(written);
    this.#forgetBatch();
    if (recorded > 0) quietly(() => this.#options.onRecorded(recorded));
    if (failed > 0) this.#lose(failed, 'write_failed');
    this.#continue(0);
  }

  #afterFailure(error: Error): void {
    // The file may be another one when it can be written again.
    this.#storedTexts.forget();
    this.#writeError = error instanceof StorageUnavailableError ? error.reason : 'writer_failed';
    if (this.#writeError === WRITER_CRASHED) this.#crashesInARow += 1;
    if (this.#crashesInARow >= CRASH_LIMIT) {
      this.#crashesInARow = 0;
      const count = this.#batch.size;
      this.#forgetBatch();
      this.#lose(count, 'write_failed');
    }
    this.#continue(Math.min(RETRY_DELAY_MS.first * 2 ** this.#failuresInARow, RETRY_DELAY_MS.longest));
    this.#failuresInARow += 1;
  }

  #continue(delayMs: number): void {
    if (this.#size > 0) this.#flushAfter(delayMs);
    else this.#onIdle?.();
  }

  #forgetBatch(): void {
    for (const { json } of this.#batch.values()) this.#queuedBytes -= json.length;
    this.#batch = new Map();
  }

  #lose(count: number, reason: RecordLoss['reason']): void {
    this.#lost += count;
    quietly(() => this.#options.onLoss({ count, reason }));
  }
}

/** JSON made at once: exact size, and a record that has none harms no other. */
function toJson(record: object): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify(record));
  } catch {
    return undefined;
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('The write failed.', { cause: thrown });
}

/** A callback for telemetry must not harm what it watches. */
function quietly(callback: () => void): void {
  try {
    callback();
  } catch {
    // Nothing to do: the loss itself stays in `stats()`.
  }
}
