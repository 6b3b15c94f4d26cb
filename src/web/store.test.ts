import { describe, expect, it } from 'vitest';
import { createStore } from './store.ts';

describe('createStore', () => {
  const add = (state: number, amount: number) => state + amount;

  it('changes by events and tells its listeners', () => {
    const store = createStore(add, 1);
    const heard: number[] = [];
    store.subscribe(() => heard.push(store.getState()));
    store.dispatch(2);
    store.dispatch(3);
    expect(heard).toEqual([3, 6]);
  });

  it('tells nobody when nothing changed', () => {
    const store = createStore(add, 1);
    let calls = 0;
    store.subscribe(() => (calls += 1));
    store.dispatch(0);
    expect(calls).toBe(0);
  });

  it('forgets a listener that left, from inside a call too', () => {
    const store = createStore(add, 0);
    const heard: string[] = [];
    const leave = store.subscribe(() => {
      heard.push('first');
      leave();
    });
    store.subscribe(() => heard.push('second'));
    store.dispatch(1);
    store.dispatch(1);
    expect(heard).toEqual(['first', 'second', 'second']);
  });
});
