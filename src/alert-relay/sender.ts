import type { Instruments } from '../telemetry/instruments.ts';
import { log } from '../telemetry/log.ts';
import type { Clock } from './clock.ts';
import type { SendMessage, SendResult } from './dingtalk-client.ts';
import { mergeGroups } from './merge-notifications.ts';
import { composeMessage, type ComposeOptions } from './message/compose-message.ts';
import { planMessage } from './plan-message.ts';
import type { NotificationQueue, QueuedNotification } from './queue/notification-queue.ts';
import { RetryState } from './retry-state.ts';
import { NOTHING_TO_DO, startWorkLoop, type WorkLoop } from './work-loop.ts';

/** What the sender needs. */
export interface SenderOptions {
  readonly queue: NotificationQueue;
  readonly send: SendMessage;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly style: ComposeOptions;
  readonly instruments: Instruments;
  readonly limits: SenderLimits;
}

/** How often, how long and how patiently. */
export interface SenderLimits {
  readonly messagesPerMinute: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly maxRefusals: number;
  readonly maxAgeMs: number;
}

/** A refusal that no retry can mend: DingTalk's number, and when it said it. */
export interface Refusal {
  readonly code: number;
  readonly at: number;
}

type DropReason = 'permanent' | 'refused' | 'too_long' | 'expired';
type Batch = readonly [QueuedNotification, ...QueuedNotification[]];

const MINUTE_MS = 60_000;

/** Takes notifications from the queue to DingTalk, one message at a time, beginning with what an earlier process left. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #retry: RetryState;
  readonly #ending = new AbortController();
  readonly #loop: WorkLoop;
  /** Sent, but the queue could not be told: that comes before anything else, or it would be sent again. */
  #sent: Batch | undefined;
  #refusal: Refusal | undefined;

  constructor(options: SenderOptions) {
    const { limits, random, clock } = options;
    this.#options = options;
    this.#retry = new RetryState({ minMs: limits.retryMinMs, maxMs: limits.retryMaxMs }, random);
    this.#loop = startWorkLoop(() => this.#step().catch((error) => this.#afterStorageFault(error)), clock);
  }

  /** Something new waits. */
  wake(): void {
    this.#loop.wake();
  }

  /** The last permanent refusal, until a message gets through. */
  refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Lets the message on its way arrive, or breaks it off after the time; what was broken off stays in the queue. */
  async stop(timeoutMs: number): Promise<void> {
    const cancelCut = this.#options.clock.after(timeoutMs, () => this.#ending.abort());
    await this.#loop.stop();
    cancelCut();
  }

  /** One message at most; says after which pause there is more to do. */
  async #step(): Promise<number> {
    const { queue, clock, limits } = this.#options;
    const now = clock.now();
    this.#forgetSent();
    this.#giveUp(queue.receivedBefore(now - limits.maxAgeMs), 'expired');
    const minute = { sentAt: queue.tries(), limit: limits.messagesPerMinute, now };
    const plan = planMessage(queue.waiting(), minute);
    if (plan.kind === 'idle') return NOTHING_TO_DO;
    if (this.#retry.pausedUntil > now) return this.#retry.pausedUntil - now;
    if (plan.kind === 'wait') return plan.delayMs;
    const [first, ...more] = queue.ofGroups(plan.groups);
    if (first === undefined) return NOTHING_TO_DO;
    queue.noteTry(now);
    return this.#settle([first, ...more], await this.#send([first, ...more], now));
  }

  async #send(batch: Batch, now: number): Promise<SendResult> {
    const { send, style, instruments } = this.#options;
    const [first, ...more] = batch;
    const groups = mergeGroups([first.notification, ...more.map(({ notification }) => notification)]);
    const message = composeMessage(groups, style, { limitBytes: this.#retry.limitBytes, now });
    const result = await send(message, this.#ending.signal);
    instruments['glassgate.relay.messages'].record(1, { 'glassgate.relay.outcome': result.outcome });
    report(result, { webhooks: batch.length, groups: groups.length });
    return result;
  }

  #settle(batch: Batch, result: SendResult): number {
    const now = this.#options.clock.now();
    switch (result.outcome) {
      case 'sent':
        this.#sent = batch;
        this.#refusal = undefined;
        this.#retry.reset();
        this.#forgetSent();
        return 0;
      case 'too_fast':
        return this.#retry.pause(now, MINUTE_MS);
      case 'too_long':
        return this.#retry.cutHarder() ? 0 : this.#giveUp(batch, 'too_long');
      case 'permanent':
        this.#refusal = { code: result.code, at: now };
        return this.#giveUp(batch, 'permanent');
      case 'failed': {
        const delayMs = this.#retry.fail(now, { isRefusal: result.reason === 'refused' });
        const isHopeless = this.#retry.refusals >= this.#options.limits.maxRefusals;
        return isHopeless ? this.#giveUp(batch, 'refused') : delayMs;
      }
    }
  }

  #forgetSent(): void {
    if (this.#sent === undefined) return;
    this.#options.queue.remove(this.#sent);
    this.#sent = undefined;
  }

  #giveUp(batch: readonly QueuedNotification[], reason: DropReason): 0 {
    if (batch.length === 0) return 0;
    this.#options.queue.giveUp(batch);
    // What was learnt about a message that is too old still holds for the one after it.
    if (reason !== 'expired') this.#retry.reset();
    this.#options.instruments['glassgate.relay.dropped'].record(batch.length, { 'glassgate.reason': reason });
    log.error('relay.webhooks_dropped', { count: batch.length, reason });
    return 0;
  }

  /** Without its queue the relay sends nothing: it could not know later what it had sent. */
  #afterStorageFault(error: unknown): number {
    log.error('relay.storage_failed', { 'error.type': codeOf(error) });
    return this.#retry.fail(this.#options.clock.now(), { isRefusal: false });
  }
}

/** Name of a fault of SQLite, as it says it. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'none';
}

function report(result: SendResult, counts: { webhooks: number; groups: number }): void {
  if (result.outcome === 'sent') {
    log.info('relay.message_sent', counts);
    return;
  }
  const reason = result.outcome === 'failed' ? result.reason : result.outcome;
  log.warn('relay.message_failed', {
    ...counts,
    reason,
    ...('code' in result ? { errcode: result.code } : {}),
  });
}
