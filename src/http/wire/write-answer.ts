import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AnswerEvent } from '../../domain/answer-event.ts';
import type { StageTiming } from '../../domain/answer-record.ts';
import type { ChatRequest } from '../../domain/chat-request.ts';
import { toGatewayError } from '../../errors/gateway-error.ts';
import { errorFrame } from '../error-response.ts';
import type { Exchange } from '../exchange.ts';
import { AnswerFrameWriter, referencesOf, type AnswerExtension } from './answer-frames.ts';
import { refusalError } from './refusal.ts';

/** Where an answer goes. */
export interface AnswerTarget {
  readonly outgoing: ServerResponse;
  readonly exchange: Exchange;
  readonly answerId: string;
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  // Or nginx collects the stream before it passes it on.
  'x-accel-buffering': 'no',
} as const;

/**
 * Writes an answer to the socket as it comes and returns when its last byte is out. Before the first byte failures and
 * refusals are thrown and become a response; after it they become one error frame, and the stream ends without `[DONE]`.
 */
export async function writeAnswer(
  events: AsyncIterable<AnswerEvent>,
  request: ChatRequest,
  target: AnswerTarget,
): Promise<void> {
  const { outgoing, exchange } = target;
  try {
    await (request.stream ? writeStream(events, request, target) : writeWhole(events, request, target));
  } catch (thrown) {
    if (!outgoing.headersSent) throw thrown;
    exchange.failure = toGatewayError(thrown);
    outgoing.end(errorFrame(exchange.failure, exchange.requestId));
  }
  await finished(outgoing, exchange.signal);
}

async function writeStream(
  events: AsyncIterable<AnswerEvent>,
  request: ChatRequest,
  target: AnswerTarget,
): Promise<void> {
  const { outgoing, exchange } = target;
  let frames: AnswerFrameWriter | undefined;
  for await (const event of events) {
    switch (event.type) {
      case 'answer-start':
        frames = new AnswerFrameWriter(
          extensionOf(target),
          referencesOf(event.passages),
          request.includeUsage,
        );
        break;
      case 'answer-delta': {
        if (!outgoing.headersSent) outgoing.writeHead(200, STREAM_HEADERS);
        const bytes = frames?.encode(event.frames);
        if (bytes !== undefined && bytes.length > 0 && !outgoing.write(bytes))
          await drained(outgoing, exchange.signal);
        break;
      }
      case 'answer-end':
        break;
      case 'answer-blocked':
        throw refusalError(event.stage, event.verdict, event.language);
    }
  }
  outgoing.end();
}

async function writeWhole(
  events: AsyncIterable<AnswerEvent>,
  request: ChatRequest,
  target: AnswerTarget,
): Promise<void> {
  const parts: Uint8Array[] = [];
  let frames: AnswerFrameWriter | undefined;
  let stages: readonly StageTiming[] = [];
  for await (const event of events) {
    switch (event.type) {
      case 'answer-start':
        frames = new AnswerFrameWriter(
          extensionOf(target),
          referencesOf(event.passages),
          request.includeUsage,
        );
        break;
      case 'answer-delta':
        if (frames !== undefined) parts.push(frames.encode(event.frames));
        break;
      case 'answer-end':
        stages = event.stages;
        break;
      case 'answer-blocked':
        throw refusalError(event.stage, event.verdict, event.language);
    }
  }
  const body = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  target.outgoing.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'server-timing': serverTiming(stages),
  });
  target.outgoing.end(body);
}

function extensionOf({ answerId, exchange }: AnswerTarget): AnswerExtension {
  return { answer_id: answerId, trace_id: exchange.span.traceId, request_id: exchange.requestId };
}

/** Milliseconds of each step, as browsers' developer tools draw them. */
function serverTiming(stages: readonly StageTiming[]): string {
  return stages.map(({ stage, durationMs }) => `${stage};dur=${durationMs.toFixed(3)}`).join(', ');
}

/** A slow reader holds the upstream back, too; one that leaves ends the wait. */
async function drained(outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await once(outgoing, 'drain', { signal });
  } catch {
    throw toGatewayError(signal.reason);
  }
}

async function finished(outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  if (outgoing.writableFinished || signal.aborted) return;
  await once(outgoing, 'finish', { signal }).catch(() => undefined);
}
