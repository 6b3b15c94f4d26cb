import { Worker } from 'node:worker_threads';
import { StorageUnavailableError } from '../storage/storage-unavailable-error.ts';
import type { BatchResult, RateResult, WriterOptions } from './answer-writer.ts';
import { packBatch, type RecordBatch } from './record-batch.ts';
import type { RateRequest } from './stored-answer.ts';

/** What the writer thread can be asked to do, with the answer it gives. */
export type WriterCommand =
  | { readonly kind: 'open' }
  | { readonly kind: 'write'; readonly batch: RecordBatch }
  | { readonly kind: 'rate'; readonly request: RateRequest }
  | { readonly kind: 'close' };

/** A message to the writer thread. */
export interface WriterRequest {
  readonly id: number;
  readonly command: WriterCommand;
}

/** A message from the writer thread. */
export type WriterReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly reason: string };

/** The main thread's side of the writer thread; every call settles, with `StorageUnavailableError` when it failed. */
export interface WriterClient {
  open(): Promise<void>;
  /** Stores records, each its JSON in UTF-8. */
  write(records: readonly Uint8Array[]): Promise<BatchResult>;
  rate(request: RateRequest, timeoutMs: number): Promise<RateResult>;
  close(timeoutMs: number): Promise<void>;
}

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StorageUnavailableError) => void;
}

/** A call that was under way when the thread died: what it asked may or may not have been done. */
export const WRITER_CRASHED = 'writer_crashed';

const WRITER_THREAD = new URL('./writer-thread.ts', import.meta.url);
const RESTART_DELAY_MS = { first: 50, longest: 5000 };
/** Feedback comes from people, one by one; more than this at once means the disk does not follow. */
const PENDING_LIMIT = 1000;

/** Owns the writer thread: starts it at the first call, starts it again with growing pauses after a crash. */
export function createWriterClient(options: WriterOptions, threadFile = WRITER_THREAD): WriterClient {
  const client = new ThreadClient(options, threadFile);
  return {
    open: async () => void (await client.call({ kind: 'open' })),
    write: (records) => client.call({ kind: 'write', batch: packBatch(records) }) as Promise<BatchResult>,
    rate: (request, timeoutMs) => client.call({ kind: 'rate', request }, timeoutMs) as Promise<RateResult>,
    close: (timeoutMs) => client.close(timeoutMs),
  };
}

class ThreadClient {
  readonly #options: WriterOptions;
  readonly #threadFile: URL;
  /** Calls under way, oldest first: the thread answers in order. */
  readonly #pending = new Map<number, PendingCall>();
  #thread: Worker | undefined;
  #nextId = 1;
  #crashesInARow = 0;
  #startNotBefore = 0;

  constructor(options: WriterOptions, threadFile: URL) {
    this.#options = options;
    this.#threadFile = threadFile;
  }

  call(command: WriterCommand, timeoutMs?: number): Promise<unknown> {
    if (this.#pending.size >= PENDING_LIMIT)
      return Promise.reject(new StorageUnavailableError('writer_busy'));
    if (!this.#thread && Date.now() < this.#startNotBefore)
      return Promise.reject(new StorageUnavailableError('writer_restarting'));
    this.#thread ??= this.#start();
    const id = this.#nextId++;
    const reply = new Promise<unknown>((resolve, reject) => {
      const timer =
        timeoutMs === undefined ? undefined : setTimeout(() => this.#settle(id, 'timeout'), timeoutMs);
      this.#pending.set(id, {
        resolve: (value) => (clearTimeout(timer), resolve(value)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      });
    });
    // Copying strings to a thread was a tenth of what an answer cost: their bytes change hands instead.
    const handedOver = command.kind === 'write' ? [command.batch.bytes.buffer] : [];
    this.#thread.postMessage({ id, command } satisfies WriterRequest, handedOver);
    return reply;
  }

  async close(timeoutMs: number): Promise<void> {
    const thread = this.#thread;
    if (!thread) return;
    // The last connection that closes folds the log into the database; a stuck disk must not hold the exit.
    await this.call({ kind: 'close' }, timeoutMs).catch(() => undefined);
    this.#thread = undefined;
    this.#startNotBefore = Number.POSITIVE_INFINITY;
    await thread.terminate();
  }

  #start(): Worker {
    // No arguments are inherited: a preload of the main thread (telemetry) has no business in this one.
    const thread = new Worker(this.#threadFile, {
      name: 'answer-writer',
      workerData: this.#options,
      execArgv: [],
    });
    thread.unref();
    thread.on('message', (reply: WriterReply) => this.#receive(reply));
    // An error event is always followed by exit, where the crash is dealt with once.
    thread.on('error', () => undefined);
    thread.on('exit', () => this.#onExit(thread));
    return thread;
  }

  #receive(reply: WriterReply): void {
    this.#crashesInARow = 0;
    if (reply.ok) this.#take(reply.id)?.resolve(reply.value);
    else this.#settle(reply.id, reply.reason);
  }

  #onExit(thread: Worker): void {
    if (this.#thread === thread) {
      this.#thread = undefined;
      this.#startNotBefore =
        Date.now() + Math.min(RESTART_DELAY_MS.first * 2 ** this.#crashesInARow, RESTART_DELAY_MS.longest);
      this.#crashesInARow += 1;
    }
    for (const id of this.#pending.keys()) this.#settle(id, WRITER_CRASHED);
  }

  #settle(id: number, reason: string): void {
    this.#take(id)?.reject(new StorageUnavailableError(reason));
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    return call;
  }
}
