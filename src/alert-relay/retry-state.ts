import { TEXT_LIMIT_BYTES } from './message/compose-message.ts';
import { retryDelay, type RetryLimits } from './retry-delay.ts';

/** What earlier tries taught about the message that is next. */
export class RetryState {
  /** Nothing is sent before then. */
  pausedUntil = 0;
  /** Size of the message's text; less once DingTalk has found it too long. */
  limitBytes = TEXT_LIMIT_BYTES;
  /** Times in a row that DingTalk said no with a number that is not known. */
  refusals = 0;
  #failures = 0;
  readonly #limits: RetryLimits;
  readonly #random: () => number;

  constructor(limits: RetryLimits, random: () => number = Math.random) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Counts a failure and says how long to wait after it. */
  fail(now: number, { isRefusal }: { readonly isRefusal: boolean }): number {
    this.#failures += 1;
    this.refusals = isRefusal ? this.refusals + 1 : 0;
    return this.pause(now, retryDelay(this.#failures, this.#limits, this.#random));
  }

  /** Sends nothing for that long; returns it. */
  pause(now: number, delayMs: number): number {
    this.pausedUntil = now + delayMs;
    return delayMs;
  }

  /** Asks for half the text; false when that was tried already. */
  cutHarder(): boolean {
    if (this.limitBytes < TEXT_LIMIT_BYTES) return false;
    this.limitBytes = TEXT_LIMIT_BYTES / 2;
    return true;
  }

  /** The next message is another one. */
  reset(): void {
    this.pausedUntil = 0;
    this.limitBytes = TEXT_LIMIT_BYTES;
    this.refusals = 0;
    this.#failures = 0;
  }
}
