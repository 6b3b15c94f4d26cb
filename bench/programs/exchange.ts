import type { Dispatcher, Pool } from 'undici';

/** One finished request: how long it took and when each part of its answer arrived. */
export interface Exchange {
  readonly ok: boolean;
  readonly durationMs: number;
  /** Milliseconds from the start at which each SSE frame was complete; empty for an answer that is not a stream. */
  readonly framesMs: readonly number[];
}

/** What is asked. */
export interface ExchangeRequest {
  readonly body: string;
  readonly stream: boolean;
  /** Frames a whole stream has. */
  readonly frames: number;
}

const HEADERS = { 'content-type': 'application/json' };
const LINE_FEED = 0x0a;

/** Sends one chat request and reads the whole answer; a failure is a result, never an exception. */
export function exchange(pool: Pool, { body, stream, frames }: ExchangeRequest): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const startedAt = performance.now();
  const framesMs: number[] = [];
  let status = 0;
  let bytes = 0;
  let lastByte = 0;
  const end = (ok: boolean) => resolve({ ok, durationMs: performance.now() - startedAt, framesMs });
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => undefined,
    onResponseStart: (_controller, statusCode) => void (status = statusCode),
    onResponseData: (_controller, chunk) => {
      bytes += chunk.length;
      if (!stream) return;
      const now = performance.now() - startedAt;
      for (let count = frameEnds(chunk, lastByte); count > 0; count -= 1) framesMs.push(now);
      lastByte = chunk.at(-1) ?? lastByte;
    },
    onResponseEnd: () => end(status === 200 && (stream ? framesMs.length === frames : bytes > 0)),
    onResponseError: () => end(false),
  };
  pool.dispatch({ method: 'POST', path: '/v1/chat/completions', headers: HEADERS, body }, handler);
  return promise;
}

/** Empty lines in these bytes; `before` is the byte in front of them. */
function frameEnds(chunk: Buffer, before: number): number {
  let count = before === LINE_FEED && chunk[0] === LINE_FEED ? 1 : 0;
  for (let at = chunk.indexOf('\n\n'); at !== -1; at = chunk.indexOf('\n\n', at + 2)) count += 1;
  return count;
}
