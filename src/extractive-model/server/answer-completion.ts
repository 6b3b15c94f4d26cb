import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Tracer } from '@opentelemetry/api';
import type { CompletionRequest } from './completion-request.ts';
import type { CompletionHead, FinishedChoice } from './completion-response.ts';
import { completionBody, deltaChunk, frame, usageChunk, usageOf } from './completion-response.ts';
import type { GeneratedPart, ModelEngine } from './engine.ts';
import { EngineBusyError } from './engine.ts';
import { recordRequestSpan } from './request-span.ts';
import { engineBusy } from './vllm-error.ts';

/** One request, ready to be answered. */
export interface CompletionJob {
  readonly completion: CompletionRequest;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Unix time in milliseconds. */
  readonly arrived: number;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  readonly engine: ModelEngine;
  readonly tracer: Tracer;
  readonly chunkDelayMs?: number;
}

/** Where the parts of an answer go: into a stream, or into one body. */
interface AnswerWriter {
  start(): void;
  text(index: number, text: string): Promise<void>;
  endChoice(index: number, finishReason: string): void;
  end(completionTokens: number): void;
}

/** Has the engine make the choices, one after the other, and writes them as they come. */
export async function answerCompletion(job: CompletionJob): Promise<void> {
  const id = `chatcmpl-${String(job.response.getHeader('x-request-id'))}`;
  const head = { id, created: Math.floor(job.arrived / 1_000), model: job.engine.modelId };
  const writer = job.completion.stream ? streamWriter(job, head) : bodyWriter(job, head);
  const times = { arrived: job.arrived, started: 0, firstToken: 0, ended: 0 };
  let completionTokens = 0;
  for (let index = 0; index < job.completion.choiceCount; index += 1) {
    for await (const part of partsOf(job)) {
      if (part.type === 'start' && index === 0) {
        times.started = Date.now();
        writer.start();
      } else if (part.type === 'text-delta') {
        times.firstToken ||= Date.now();
        completionTokens += part.tokens;
        await writer.text(index, part.text);
      } else if (part.type === 'end') writer.endChoice(index, part.finishReason);
    }
  }
  times.ended = Date.now();
  times.firstToken ||= times.ended;
  recordRequestSpan(job.tracer, {
    id,
    headers: job.request.headers,
    request: job.completion,
    completionTokens,
    times,
  });
  writer.end(completionTokens);
}

async function* partsOf({ engine, completion, signal }: CompletionJob): AsyncGenerator<GeneratedPart> {
  try {
    for await (const part of engine.generate(completion, signal)) {
      signal.throwIfAborted();
      yield part;
    }
  } catch (error) {
    throw error instanceof EngineBusyError ? engineBusy() : error;
  }
}

function streamWriter(
  { response, completion, signal, chunkDelayMs = 0 }: CompletionJob,
  head: CompletionHead,
): AnswerWriter {
  const send = (data: object): boolean => response.write(frame(data));
  return {
    start: () => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      for (let index = 0; index < completion.choiceCount; index += 1)
        send(deltaChunk(head, index, { role: 'assistant', content: '' }));
    },
    text: async (index, content) => {
      if (chunkDelayMs > 0) await wait(chunkDelayMs, undefined, { signal });
      if (!send(deltaChunk(head, index, { content }))) await once(response, 'drain', { signal });
    },
    endChoice: (index, finishReason) => void send(deltaChunk(head, index, { content: '' }, finishReason)),
    end: (tokens) => {
      if (completion.includeUsage) send(usageChunk(head, usageOf(completion.promptTokens, tokens)));
      response.end('data: [DONE]\n\n');
    },
  };
}

function bodyWriter({ response, completion }: CompletionJob, head: CompletionHead): AnswerWriter {
  const texts: string[] = [];
  const choices: FinishedChoice[] = [];
  return {
    start: () => undefined,
    text: async (index, text) => {
      texts[index] = (texts[index] ?? '') + text;
    },
    endChoice: (index, finishReason) => {
      choices[index] = { text: texts[index] ?? '', finishReason };
    },
    end: (tokens) => {
      const body = JSON.stringify(completionBody(head, choices, usageOf(completion.promptTokens, tokens)));
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    },
  };
}
