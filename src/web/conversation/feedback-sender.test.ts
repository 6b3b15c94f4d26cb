import { describe, expect, it } from 'vitest';
import type { FeedbackView } from '../api/answer-view.ts';
import { createFeedbackSender } from './feedback-sender.ts';

const UP: FeedbackView = { rating: 'up', comment: '', reasons: [] };
const DOWN: FeedbackView = { rating: 'down', comment: '', reasons: [] };
const NONE: FeedbackView = { rating: null, comment: '', reasons: [] };

/** A gateway that answers when told to, and a log of everything that happened. */
function setUp() {
  const log: string[] = [];
  const pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const sendFeedback = createFeedbackSender({
    send: (turnId, feedback) => {
      log.push(`send ${turnId} ${feedback.rating}`);
      return new Promise((resolve, reject) => {
        pending.push({ resolve: () => resolve(feedback), reject });
      });
    },
    onStored: (turnId, { rating }, settled) =>
      log.push(`stored ${turnId} ${rating} ${settled ? 'settled' : 'more'}`),
    onRefused: (turnId, thrown) => log.push(`refused ${turnId} ${String(thrown)}`),
  });
  return { log, sendFeedback, next: () => pending.shift() };
}

describe('createFeedbackSender', () => {
  it('sends and tells what was stored', async () => {
    const { log, sendFeedback, next } = setUp();
    const sent = sendFeedback('t1', UP);
    next()?.resolve();
    await sent;
    expect(log).toEqual(['send t1 up', 'stored t1 up settled']);
  });

  it('sends one at a time, and only the newest of those that waited', async () => {
    const { log, sendFeedback, next } = setUp();
    const sent = sendFeedback('t1', UP);
    await sendFeedback('t1', DOWN);
    await sendFeedback('t1', NONE);
    expect(log).toEqual(['send t1 up']);
    next()?.resolve();
    await Promise.resolve().then(() => undefined);
    expect(log).toEqual(['send t1 up', 'stored t1 up more', 'send t1 null']);
    next()?.resolve();
    await sent;
    expect(log.at(-1)).toBe('stored t1 null settled');
  });

  it('tells a refusal, and none when something newer is waiting', async () => {
    const { log, sendFeedback, next } = setUp();
    const first = sendFeedback('t1', UP);
    await sendFeedback('t1', DOWN);
    next()?.reject(new Error('first'));
    await Promise.resolve().then(() => undefined);
    next()?.reject(new Error('second'));
    await first;
    expect(log).toEqual(['send t1 up', 'send t1 down', 'refused t1 Error: second']);
  });

  it('does not let one turn wait for another, and works again after a refusal', async () => {
    const { log, sendFeedback, next } = setUp();
    const one = sendFeedback('t1', UP);
    const two = sendFeedback('t2', DOWN);
    next()?.reject(new Error('no'));
    next()?.resolve();
    await Promise.all([one, two]);
    const again = sendFeedback('t1', UP);
    next()?.resolve();
    await again;
    expect(log).toEqual([
      'send t1 up',
      'send t2 down',
      'refused t1 Error: no',
      'stored t2 down settled',
      'send t1 up',
      'stored t1 up settled',
    ]);
  });
});
