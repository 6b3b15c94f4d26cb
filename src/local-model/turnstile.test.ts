import { describe, expect, it } from 'vitest';
import { createTurnstile } from './turnstile.ts';

const refusal = (): Error => new Error('full');
const { signal } = new AbortController();

describe('createTurnstile', () => {
  it('lets one through at a time, in order', async () => {
    const turnstile = createTurnstile(8);
    const order: number[] = [];
    const pass = async (number: number): Promise<void> => {
      const leave = await turnstile.enter(signal, refusal);
      order.push(number);
      await Promise.resolve();
      order.push(-number);
      leave();
    };
    await Promise.all([pass(1), pass(2), pass(3)]);
    expect(order).toEqual([1, -1, 2, -2, 3, -3]);
  });

  it('refuses when the line is full, and takes the next when it is not', async () => {
    const turnstile = createTurnstile(1);
    const leave = await turnstile.enter(signal, refusal);
    const second = turnstile.enter(signal, refusal);
    await expect(turnstile.enter(signal, refusal)).rejects.toThrow('full');
    leave();
    const third = turnstile.enter(signal, refusal);
    (await second)();
    (await third)();
  });

  it('gives up the place of whoever leaves the line, and no other', async () => {
    const turnstile = createTurnstile(8);
    const leave = await turnstile.enter(signal, refusal);
    const left = new AbortController();
    const impatient = turnstile.enter(left.signal, refusal);
    const patient = turnstile.enter(signal, refusal);
    left.abort(new Error('left'));
    await expect(impatient).rejects.toThrow('left');
    leave();
    const leaveSecond = await patient;
    leaveSecond();
    await expect(turnstile.enter(left.signal, refusal)).rejects.toThrow('left');
  });

  it('does not lose a turn to a caller that leaves as it comes', async () => {
    const turnstile = createTurnstile(8);
    const leave = await turnstile.enter(signal, refusal);
    const left = new AbortController();
    const called = turnstile.enter(left.signal, refusal);
    const next = turnstile.enter(signal, refusal);
    leave();
    left.abort();
    (await called)();
    expect(await next).toBeTypeOf('function');
  });

  it('counts a second leaving of the same turn for nothing', async () => {
    const turnstile = createTurnstile(8);
    const leave = await turnstile.enter(signal, refusal);
    leave();
    leave();
    const second = await turnstile.enter(signal, refusal);
    const third = turnstile.enter(signal, refusal);
    leave();
    let thirdCame = false;
    void third.then(() => (thirdCame = true));
    await Promise.resolve();
    expect(thirdCame).toBe(false);
    second();
    await third;
  });
});
