import type { GenerationFrame, ModelRequest } from '../domain/generation.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { Deadline, type Timeouts } from './deadline.ts';
import { readStreamFrame, readWholeFrame } from './read-frame.ts';
import { isRetryable, retryDelayMs, waitForRetry } from './retry.ts';
import { SseSplitter } from './sse-splitter.ts';
import type { CallOptions, UpstreamClient } from './upstream-client.ts';
import { translateUpstreamError } from './upstream-error.ts';
import type { UpstreamResponse } from './upstream-fetch.ts';

/** Largest answer that is not streamed. */
const WHOLE_LIMIT_BYTES = 32 << 20;
/** Frames without content that are held back before the first content: more than any server sends. */
const HELD_LIMIT = 1000;

/** How calls are made, and who is told about each attempt. */
export interface GenerateOptions {
  readonly timeouts: Timeouts;
  /** Further attempts before the first content byte. */
  readonly maxRetries: number;
  /** An attempt ended; without an error it went well. */
  readonly onAttempt: (error?: GatewayError) => void;
  readonly onRetry: (error: GatewayError, delayMs: number) => void;
}

type Frames = readonly GenerationFrame[];

/**
 * Asks the model and yields its frames as they arrive, one batch per read. Nothing is yielded before the first content,
 * so until then an attempt may fail and be made again unseen; afterwards a failure is thrown.
 * Whoever stops reading stops the upstream.
 */
export async function* generate(
  upstream: UpstreamClient,
  request: ModelRequest,
  call: CallOptions,
  options: GenerateOptions,
): AsyncGenerator<Frames, void> {
  const deadline = new Deadline(options.timeouts, call.signal);
  try {
    for (let attempt = 0; ; attempt += 1) {
      let released = false;
      let told = false;
      const tell = (error?: GatewayError): void => {
        told = true;
        options.onAttempt(error);
      };
      try {
        deadline.startAttempt();
        for await (const frames of attemptOnce(
          upstream,
          request,
          { ...call, signal: deadline.signal },
          deadline,
        )) {
          released = true;
          deadline.pauseSilence();
          yield frames;
          deadline.resumeSilence();
        }
        tell();
        return;
      } catch (thrown) {
        const error = asInterruption(translateUpstreamError(thrown, deadline.signal), released);
        tell(error);
        if (released || attempt >= options.maxRetries || !isRetryable(error)) throw error;
        const delayMs = retryDelayMs(error, attempt);
        options.onRetry(error, delayMs);
        deadline.endAttempt();
        await waitForRetry(delayMs, deadline.signal);
      } finally {
        // Reached untold only when the reader stopped reading.
        if (!told) tell(new GatewayError('client_closed_request'));
      }
    }
  } finally {
    deadline.clear();
  }
}

/** A connection that breaks after content has gone out is a broken answer, not an unreachable upstream. */
function asInterruption(error: GatewayError, released: boolean): GatewayError {
  return released && error.code === 'upstream_unreachable'
    ? new GatewayError('stream_interrupted', { cause: error })
    : error;
}

async function* attemptOnce(
  upstream: UpstreamClient,
  request: ModelRequest,
  call: CallOptions,
  deadline: Deadline,
): AsyncGenerator<Frames, void> {
  const response = await upstream.chat(request, call);
  try {
    if (request.stream) yield* readStream(response, deadline);
    else yield [readWholeFrame(await readWhole(response, deadline))];
  } finally {
    // After a clean end this does nothing; otherwise it closes the connection, which makes vLLM stop.
    response.bytes.destroy();
  }
}

async function* readStream(response: UpstreamResponse, deadline: Deadline): AsyncGenerator<Frames, void> {
  const splitter = new SseSplitter();
  let held: Frames = [];
  let released = false;
  let finished = false;
  for await (const bytes of response.bytes as AsyncIterable<Uint8Array>) {
    deadline.byteArrived();
    const { frames, fault } = readEvents(splitter, bytes);
    finished ||= frames.some(({ kind }) => kind === 'done');
    held = held.length === 0 ? frames : [...held, ...frames];
    released ||= finished || held.length > HELD_LIMIT || frames.some(({ kind }) => kind === 'delta');
    if (released && held.length > 0) {
      yield held;
      held = [];
    }
    if (fault !== undefined) throw fault;
  }
  const last = splitter.end();
  if (last !== undefined) {
    const frame = readStreamFrame(last);
    finished ||= frame.kind === 'done';
    yield [...held, frame];
  }
  if (!finished) throw new GatewayError('stream_interrupted');
}

/** The frames these bytes complete; what came before a fault is not lost with it. */
function readEvents(
  splitter: SseSplitter,
  bytes: Uint8Array,
): { frames: GenerationFrame[]; fault?: unknown } {
  const frames: GenerationFrame[] = [];
  try {
    for (const event of splitter.push(bytes)) frames.push(readStreamFrame(event));
    return { frames };
  } catch (fault) {
    return { frames, fault };
  }
}

async function readWhole(response: UpstreamResponse, deadline: Deadline): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of response.bytes as AsyncIterable<Uint8Array>) {
    deadline.byteArrived();
    parts.push(bytes);
    size += bytes.length;
    if (size > WHOLE_LIMIT_BYTES)
      throw new GatewayError('upstream_error', { message: 'The answer of the model server is too large.' });
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}
