import type { TokenUsage } from '../../domain/answer-record.ts';
import { ApiError, type Failure, failureOfBody, idsOfResponse } from './api-error.ts';
import { listOf, numberOf, objectOf, textOf } from './json-fields.ts';
import { createSseReader } from './sse-reader.ts';

/** A source as the first chunk of an answer names it. */
export interface Source {
  readonly n: number;
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly score: number;
}

/** One part of an answer on its way: ids and sources first, then text, then the end with the usage. */
export type AnswerPart =
  | StartPart
  | { readonly type: 'delta'; readonly text: string }
  | {
      readonly type: 'end';
      readonly finishReason?: string | undefined;
      readonly usage?: TokenUsage | undefined;
    };

/** What is known before the first word: where to find the answer later, and what it stands on. */
interface StartPart extends AnswerIds {
  readonly type: 'start';
  readonly sources: readonly Source[];
}

/** The ids an answer is found by. */
interface AnswerIds {
  readonly answerId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly requestId?: string | undefined;
}

/** Longest answer the page takes; past it the stream is given up rather than the tab. */
const MAX_ANSWER_LENGTH = 2_000_000;

/** Something arrived that is no answer; what it was stays out of the page, it may be anything. */
const INVALID: Failure = { code: 'stream_invalid', message: '' };

/** What has been read so far and not yet been passed on. */
interface Progress {
  text: string;
  length: number;
  finishReason?: string | undefined;
  usage?: TokenUsage | undefined;
  start?: StartPart | undefined;
  failure?: Failure | undefined;
  done: boolean;
}

/** Reads the stream of one answer; throws when it breaks, ends early or carries an error frame. */
export async function* readAnswerStream(response: Response): AsyncGenerator<AnswerPart> {
  const ids = idsOfResponse(response);
  const progress: Progress = { text: '', length: 0, done: false };
  let started = false;
  for await (const data of readEvents(response, ids)) {
    for (const event of data) takeEvent(event, progress);
    if (!started && (progress.start !== undefined || progress.text !== '')) {
      started = true;
      yield startPart(progress.start, ids);
    }
    // One delta per piece of network, however many events it held: fewer renders, same text.
    if (progress.text !== '') yield { type: 'delta', text: progress.text };
    progress.text = '';
    // Only now: text that arrived in the same piece as the error is kept.
    if (progress.failure)
      throw new ApiError({
        ...ids,
        ...progress.failure,
        requestId: progress.failure.requestId ?? ids.requestId,
      });
    if (progress.done)
      return yield { type: 'end', finishReason: progress.finishReason, usage: progress.usage };
  }
  throw new ApiError({ code: 'stream_incomplete', message: '', ...ids });
}

/** The events as the network brings them; whoever stops reading makes the browser hang up, which stops the model. */
async function* readEvents(response: Response, ids: AnswerIds): AsyncGenerator<string[]> {
  const reader = response.body?.getReader();
  const events = createSseReader();
  try {
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      yield events.push(piece.value);
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw new ApiError({ ...INVALID, ...ids }, { cause });
    throw new ApiError({ code: 'stream_incomplete', message: '', ...ids }, { cause });
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

/** Nothing counts any more after `[DONE]` or an error. */
function takeEvent(data: string, progress: Progress): void {
  if (progress.done || progress.failure) return;
  if (data === '[DONE]') {
    progress.done = true;
    return;
  }
  const chunk = parseChunk(data);
  progress.failure = chunk === undefined ? INVALID : failureOfBody(chunk);
  if (chunk === undefined || progress.failure) return;
  const choice = objectOf(listOf(chunk['choices'])[0]);
  const text = textOf(objectOf(choice['delta'])['content']) ?? '';
  progress.start ??= startOf(chunk['glassgate']);
  progress.text += text;
  progress.length += text.length;
  progress.finishReason = textOf(choice['finish_reason']) ?? progress.finishReason;
  progress.usage = usageOf(chunk['usage']) ?? progress.usage;
  if (progress.length > MAX_ANSWER_LENGTH) progress.failure = INVALID;
}

function parseChunk(data: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectOf(JSON.parse(data));
  } catch {
    return undefined;
  }
}

/** The ids of the first chunk, or of the headers where the chunk names none. */
function startPart(start: StartPart | undefined, ids: AnswerIds): StartPart {
  return {
    type: 'start',
    sources: start?.sources ?? [],
    answerId: start?.answerId ?? ids.answerId,
    traceId: start?.traceId ?? ids.traceId,
    requestId: start?.requestId ?? ids.requestId,
  };
}

/** The ids and sources that the gateway puts into the first chunk, beside what OpenAI's format has. */
function startOf(extension: unknown): StartPart | undefined {
  if (extension === undefined) return undefined;
  const fields = objectOf(extension);
  return {
    type: 'start',
    sources: listOf(fields['passages']).flatMap(sourceOf),
    answerId: textOf(fields['answer_id']),
    traceId: textOf(fields['trace_id']),
    requestId: textOf(fields['request_id']),
  };
}

/** A source without a number cannot be cited and is left out. */
function sourceOf(value: unknown): Source[] {
  const fields = objectOf(value);
  const n = numberOf(fields['n']);
  if (n === undefined) return [];
  const source = textOf(fields['source']) ?? '';
  const title = textOf(fields['title']) ?? source;
  return [{ n, id: textOf(fields['id']) ?? '', title, source, score: numberOf(fields['score']) ?? 0 }];
}

/** Both figures or none: half a count would be shown as a whole one. */
function usageOf(value: unknown): TokenUsage | undefined {
  const fields = objectOf(value);
  const inputTokens = numberOf(fields['prompt_tokens']);
  const outputTokens = numberOf(fields['completion_tokens']);
  return inputTokens === undefined || outputTokens === undefined ? undefined : { inputTokens, outputTokens };
}
