import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { ConversationStore } from '../conversation/conversation-store.ts';
import type { GatewayStore } from '../gateway-store.ts';
import type { Format } from '../language/create-format.ts';
import type { Dictionary, Language } from '../language/dictionary.ts';
import type { Store } from '../store.ts';
import { createFrameThrottle } from './frame-throttle.ts';

/** What every part of the page may use: the words and formats of its language, and the commands. */
export interface PageContext {
  readonly language: Language;
  readonly words: Dictionary;
  readonly format: Format;
  readonly conversation: ConversationStore;
  readonly gateway: GatewayStore;
}

const FRAMES = {
  request: (callback: () => void) => requestAnimationFrame(callback),
  cancel: (handle: number) => cancelAnimationFrame(handle),
};

const Context = createContext<PageContext | undefined>(undefined);

/** Hands the context to the parts inside. */
export const PageProvider = Context.Provider;

/** The context of the page; a part outside `PageProvider` is a mistake in the program. */
export function usePage(): PageContext {
  const context = useContext(Context);
  if (context === undefined) throw new Error('a part of the page was used outside PageProvider');
  return context;
}

/** The state of a store, rendered again when it has changed, no oftener than the screen is drawn. */
export function useStore<State>(store: Pick<Store<State, never>, 'getState' | 'subscribe'>): State {
  const [state, setState] = useState(store.getState);
  useEffect(() => {
    const throttle = createFrameThrottle(() => setState(() => store.getState()), FRAMES);
    throttle.call();
    const unsubscribe = store.subscribe(throttle.call);
    return () => {
      unsubscribe();
      throttle.cancel();
    };
  }, [store]);
  return state;
}
