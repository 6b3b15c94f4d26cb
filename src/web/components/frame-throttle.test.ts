import { describe, expect, it } from 'vitest';
import { createFrameThrottle } from './frame-throttle.ts';

/** A screen that draws when told to. */
function setUp() {
  const callbacks = new Map<number, () => void>();
  let handles = 0;
  let runs = 0;
  const throttle = createFrameThrottle(() => void (runs += 1), {
    request(callback) {
      callbacks.set(++handles, callback);
      return handles;
    },
    cancel: (handle) => void callbacks.delete(handle),
  });
  const draw = () => {
    const due = [...callbacks.values()];
    callbacks.clear();
    for (const callback of due) callback();
  };
  return { throttle, draw, runs: () => runs, pending: () => callbacks.size };
}

describe('createFrameThrottle', () => {
  it('runs at once after a quiet time', () => {
    const { throttle, draw, runs } = setUp();
    throttle.call();
    expect(runs()).toBe(1);
    draw();
    draw();
    expect(runs()).toBe(1);
    throttle.call();
    expect(runs()).toBe(2);
  });

  it('runs once per frame while calls keep coming, and never loses the last', () => {
    const { throttle, draw, runs } = setUp();
    for (let call = 0; call < 10; call += 1) throttle.call();
    expect(runs()).toBe(1);
    draw();
    expect(runs()).toBe(2);
    throttle.call();
    expect(runs()).toBe(2);
    draw();
    expect(runs()).toBe(3);
    draw();
    expect(runs()).toBe(3);
  });

  it('leaves nothing behind when it is cancelled', () => {
    const { throttle, draw, runs, pending } = setUp();
    throttle.call();
    throttle.call();
    throttle.cancel();
    expect(pending()).toBe(0);
    draw();
    expect(runs()).toBe(1);
  });
});
