/** A state that changes by events only, and that tells its listeners. */
export interface Store<State, Event> {
  readonly getState: () => State;
  readonly dispatch: (event: Event) => void;
  /** Returns how to stop listening. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** Makes a store around a reducer; a reducer that returns the same state tells nobody. */
export function createStore<State, Event>(
  reduce: (state: State, event: Event) => State,
  initial: State,
): Store<State, Event> {
  const listeners = new Set<() => void>();
  let state = initial;
  return {
    getState: () => state,
    dispatch(event) {
      const next = reduce(state, event);
      if (next === state) return;
      state = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
