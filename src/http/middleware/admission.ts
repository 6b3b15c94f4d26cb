import { GatewayError } from '../../errors/gateway-error.ts';
import type { Instruments } from '../../telemetry/instruments.ts';

/** Bounds of the work one worker takes on. */
export interface AdmissionLimits {
  readonly maxConcurrency: number;
  readonly maxQueue: number;
  readonly queueTimeoutMs: number;
}

interface Waiting {
  readonly enter: () => void;
}

/**
 * Places for answers in progress and a short queue in front of them; past both a request is refused before any work.
 * Our own because a wait must end at once on time-out or abort, which the bulkheads looked at do only when a place frees.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #instruments: Instruments;
  readonly #queue: Waiting[] = [];
  #active = 0;
  #closed = false;

  constructor(limits: AdmissionLimits, instruments: Instruments) {
    this.#limits = limits;
    this.#instruments = instruments;
  }

  /** Answers in progress. */
  get active(): number {
    return this.#active;
  }

  /** From now on every request is refused as `shutting_down`. */
  close(): void {
    this.#closed = true;
  }

  /** Refuses at once what could not even wait; called before the body is read. */
  checkRoom(): void {
    if (this.#closed) throw this.#refuse('shutting_down');
    const { maxConcurrency, maxQueue } = this.#limits;
    if (this.#active >= maxConcurrency && this.#queue.length >= maxQueue) throw this.#refuse('queue_full');
  }

  /** Waits for a place; the returned function gives it back and may be called once or more. */
  async enter(signal: AbortSignal): Promise<() => void> {
    this.checkRoom();
    signal.throwIfAborted();
    if (this.#active < this.#limits.maxConcurrency) this.#active += 1;
    else await this.#wait(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      // A place goes to the next in the queue without becoming free in between.
      const next = this.#queue.shift();
      if (next === undefined) this.#active -= 1;
      else next.enter();
    };
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { enter: resolve };
    const giveUp = (error: unknown): void => {
      const position = this.#queue.indexOf(waiting);
      if (position === -1) return;
      this.#queue.splice(position, 1);
      reject(error);
    };
    const timer = setTimeout(() => giveUp(this.#refuse('queue_timeout')), this.#limits.queueTimeoutMs);
    const leave = (): void => giveUp(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    this.#queue.push(waiting);
    this.#instruments['glassgate.requests.waiting'].record(1, {});
    try {
      await promise;
    } finally {
      this.#instruments['glassgate.requests.waiting'].record(-1, {});
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    }
  }

  #refuse(reason: 'queue_full' | 'queue_timeout' | 'shutting_down'): GatewayError {
    this.#instruments['glassgate.requests.rejected'].record(1, { 'glassgate.reason': reason });
    return new GatewayError(reason === 'shutting_down' ? 'shutting_down' : 'overloaded', {
      retryAfterSeconds: 1,
    });
  }
}
