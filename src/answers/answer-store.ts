import { setTimeout as delay } from 'node:timers/promises';
import type { AnswerRecord } from '../domain/answer-record.ts';
import { openDatabase } from '../storage/open-database.ts';
import { ownsAnswerId } from './answer-id.ts';
import { type AnswerReader, openAnswerReader } from './answer-reader.ts';
import { AnswerRecorder, type RecorderOptions, type RecorderStats } from './answer-recorder.ts';
import { ANSWER_MIGRATIONS } from './schema.ts';
import type { AnswerTrace, FeedbackResult, RateRequest, StoredAnswer } from './stored-answer.ts';
import { createWriterClient, type WriterClient } from './writer-client.ts';

/** What an answer store needs. */
export interface AnswerStoreOptions extends Partial<Omit<RecorderOptions, 'write'>> {
  /** The SQLite file; made when it is not there. */
  readonly path: string;
  /** Signs answer ids; the same in every worker. */
  readonly secret: Uint8Array;
  /** Upper limit of the file in pages of 4 KiB; the disk's size by default. */
  readonly maxPages?: number | undefined;
}

/** Answer records and feedback of one worker process. */
export interface AnswerStore {
  /** Settles when the writer thread is up; until then records wait in the queue. */
  ready(): Promise<void>;
  /** Takes a record at once and stores it within 100 ms; what it has to drop is counted. */
  record(record: AnswerRecord): void;
  /** An owner's answer, waiting up to half a second for one that another worker is about to store. */
  find(answerId: string, owner: string, signal?: AbortSignal): Promise<StoredAnswer | undefined>;
  /** Stores feedback; settles when it is committed, throws `StorageUnavailableError` when it is not. */
  rate(request: RateRequest): Promise<FeedbackResult>;
  stats(): RecorderStats;
  /** Stores what is queued as far as the time allows; the rest is counted as lost by `shutdown`. */
  close(options: { readonly timeoutMs: number }): Promise<void>;
}

const DEFAULTS = {
  queueLimit: 5000,
  queueLimitBytes: 64 << 20,
  onLoss: () => undefined,
  onRecorded: () => undefined,
};
/** Longest wait of the writer for another process's write; the queue takes over what lasts longer. */
const BUSY_TIMEOUT_MS = 250;
const RATE_TIMEOUT_MS = 2000;
/** Another worker stores within 100 ms; half a second also covers one that is held up. */
const FIND_DELAYS_MS = [20, 40, 60, 80, 100, 100, 100];
/** The rating is stored already: only its telemetry waits for the record. */
const TRACE_DELAYS_MS = [20, 40, 60, 80];

/** Opens the store of one process; throws when the file cannot be used or is from a newer version. */
export function openAnswerStore(options: AnswerStoreOptions): AnswerStore {
  const writerOptions = { path: options.path, busyTimeoutMs: BUSY_TIMEOUT_MS, maxPages: options.maxPages };
  // Opened once here so that a fault of the file stops the start instead of showing up later in a thread.
  openDatabase({ ...writerOptions, migrations: ANSWER_MIGRATIONS }).close();
  const writer = createWriterClient(writerOptions);
  const recorder = new AnswerRecorder({ ...DEFAULTS, ...options, write: (records) => writer.write(records) });
  return new ThreadedAnswerStore({
    writer,
    recorder,
    reader: openAnswerReader(options.path),
    secret: options.secret,
  });
}

interface StoreParts {
  readonly writer: WriterClient;
  readonly recorder: AnswerRecorder;
  readonly reader: AnswerReader;
  readonly secret: Uint8Array;
}

class ThreadedAnswerStore implements AnswerStore {
  readonly #parts: StoreParts;
  #closing: Promise<void> | undefined;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  ready(): Promise<void> {
    return this.#parts.writer.open();
  }

  record(record: AnswerRecord): void {
    this.#parts.recorder.record(record);
  }

  async find(answerId: string, owner: string, signal?: AbortSignal): Promise<StoredAnswer | undefined> {
    const found = this.#findNow(answerId, owner);
    // A stranger's or an invented id is refused at once: nothing of this owner's can still be on its way.
    if (found || !ownsAnswerId(answerId, owner, this.#parts.secret)) return found;
    return retry(FIND_DELAYS_MS, () => this.#findNow(answerId, owner), signal);
  }

  async rate(request: RateRequest): Promise<FeedbackResult> {
    const { answerId, owner } = request;
    if (!this.#owns(answerId, owner)) return { found: false };
    const stored = await this.#parts.writer.rate(request, RATE_TIMEOUT_MS);
    const trace = await this.#findTrace(answerId);
    return { found: true, ...stored, ...(trace && { trace }) };
  }

  stats(): RecorderStats {
    return this.#parts.recorder.stats();
  }

  /** Runs once; who asks again waits for the same end. */
  close({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    const { recorder, reader, writer } = this.#parts;
    const deadline = Date.now() + timeoutMs;
    await recorder.close(timeoutMs);
    reader.close();
    await writer.close(Math.max(deadline - Date.now(), BUSY_TIMEOUT_MS));
  }

  /** SQLite first, then the queue: a record leaves the queue only after it is committed, so neither look misses it. */
  #findNow(answerId: string, owner: string): StoredAnswer | undefined {
    const { recorder, reader } = this.#parts;
    const stored = reader.find(answerId, owner);
    if (stored) return stored;
    const queued = recorder.find(answerId);
    if (queued?.owner !== owner) return undefined;
    const feedback = reader.findFeedback(answerId);
    return { ...queued, ...(feedback && { feedback }) };
  }

  /** A stored record also proves its owner: ids from before a change of the secret stay good. */
  #owns(answerId: string, owner: string): boolean {
    return (
      ownsAnswerId(answerId, owner, this.#parts.secret) ||
      this.#parts.reader.find(answerId, owner) !== undefined
    );
  }

  /** The feedback is safe by now: a fault in reading costs its telemetry, not the answer to the caller. */
  async #findTrace(answerId: string): Promise<AnswerTrace | undefined> {
    const { recorder, reader } = this.#parts;
    const findNow = () => traceOf(recorder.find(answerId)) ?? reader.findTrace(answerId);
    try {
      return findNow() ?? (await retry(TRACE_DELAYS_MS, findNow));
    } catch {
      return undefined;
    }
  }
}

function traceOf(record: AnswerRecord | undefined): AnswerTrace | undefined {
  if (!record) return undefined;
  const { traceId, chatSpanId, responseId } = record;
  return {
    traceId,
    ...(chatSpanId !== undefined && { chatSpanId }),
    ...(responseId !== undefined && { responseId }),
  };
}

/** Looks again after each delay; undefined when it never comes or the caller has left. */
async function retry<Value>(
  delaysMs: readonly number[],
  look: () => Value | undefined,
  signal?: AbortSignal,
): Promise<Value | undefined> {
  for (const delayMs of delaysMs) {
    await delay(delayMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
    if (signal?.aborted) return undefined;
    const found = look();
    if (found !== undefined) return found;
  }
  return undefined;
}
