import { parentPort, workerData } from 'node:worker_threads';
import { isBusy } from '../storage/open-database.ts';
import {
  type AnswerWriter,
  type BatchResult,
  openAnswerWriter,
  type RateResult,
  type WriterOptions,
} from './answer-writer.ts';
import { unpackBatch } from './record-batch.ts';
import type { WriterCommand, WriterReply, WriterRequest } from './writer-client.ts';

// The one writer of a worker process, on its own thread: SQLite's calls block, here they block nobody.
const options = workerData as WriterOptions;
let writer: AnswerWriter | undefined;

parentPort?.on('message', (request: WriterRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(replyTo(request));
});

function replyTo({ id, command }: WriterRequest): WriterReply {
  try {
    return { id, ok: true, value: perform(command) };
  } catch (error) {
    // After anything but a lock the connection may be stale (disk gone, file replaced): the next call opens a new one.
    if (!isBusy(error)) closeWriter();
    return { id, ok: false, reason: codeOf(error) };
  }
}

function perform(command: WriterCommand): BatchResult | RateResult | null {
  if (command.kind === 'close') return closeWriter();
  writer ??= openAnswerWriter(options);
  if (command.kind === 'write') return writer.write(unpackBatch(command.batch));
  if (command.kind === 'rate') return writer.rate(command.request);
  return null;
}

function closeWriter(): null {
  const closing = writer;
  writer = undefined;
  closing?.close();
  return null;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'writer_failed';
}
