import { GatewayError } from '../errors/gateway-error.ts';

/** How long each phase of a call may take, milliseconds. */
export interface Timeouts {
  readonly firstByteMs: number;
  readonly betweenBytesMs: number;
  readonly totalMs: number;
}

/**
 * The clock of one answer: aborts its signal when the caller leaves, when the total time is over,
 * or when the current attempt's first byte or next byte is late. The reason is always a `GatewayError`.
 */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #timeouts: Timeouts;
  readonly #total: NodeJS.Timeout;
  readonly #caller: AbortSignal;
  #phase: NodeJS.Timeout | undefined;
  #lastByteAt = 0;
  #readerHasFrames = false;

  constructor(timeouts: Timeouts, caller: AbortSignal) {
    this.#timeouts = timeouts;
    this.#caller = caller;
    this.#total = setTimeout(() => this.#abort(new GatewayError('upstream_total_timeout')), timeouts.totalMs);
    if (caller.aborted) this.#callerLeft();
    else caller.addEventListener('abort', this.#callerLeft, { once: true });
  }

  /** Aborts when any of the limits is reached. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A new attempt begins: its first byte is due. */
  startAttempt(): void {
    clearTimeout(this.#phase);
    this.#phase = setTimeout(
      () => this.#abort(new GatewayError('upstream_first_byte_timeout')),
      this.#timeouts.firstByteMs,
    );
    this.#lastByteAt = 0;
  }

  /** Bytes arrived: the next ones are due. Called for each chunk, so it costs a clock reading and no timer. */
  byteArrived(): void {
    const first = this.#lastByteAt === 0;
    this.#lastByteAt = performance.now();
    if (!first) return;
    clearTimeout(this.#phase);
    this.#watchSilence(this.#timeouts.betweenBytesMs);
  }

  /** The reader has frames in hand: his pauses are not the upstream's silence. */
  pauseSilence(): void {
    this.#readerHasFrames = true;
  }

  /** The reader wants more: the upstream's silence counts from here. */
  resumeSilence(): void {
    this.#readerHasFrames = false;
    this.#lastByteAt = performance.now();
  }

  /** Stops the timers of the attempt while waiting for the next one. */
  endAttempt(): void {
    clearTimeout(this.#phase);
  }

  /** Stops every timer; the answer is over. */
  clear(): void {
    clearTimeout(this.#phase);
    clearTimeout(this.#total);
    this.#caller.removeEventListener('abort', this.#callerLeft);
  }

  #watchSilence(waitMs: number): void {
    this.#phase = setTimeout(() => {
      const silentMs = this.#readerHasFrames ? 0 : performance.now() - this.#lastByteAt;
      const leftMs = this.#timeouts.betweenBytesMs - silentMs;
      if (leftMs <= 0) this.#abort(new GatewayError('upstream_stalled'));
      else this.#watchSilence(leftMs);
    }, waitMs);
  }

  readonly #callerLeft = (): void => this.#abort(this.#caller.reason);

  #abort(reason: unknown): void {
    this.clear();
    this.#controller.abort(reason);
  }
}
