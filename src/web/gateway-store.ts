import { failureOf, type Failure } from './api/api-error.ts';
import type { Client, Offer } from './api/client.ts';
import { createStore, type Store } from './store.ts';

/** What the page knows about the gateway it talks to. */
interface GatewayState {
  readonly status: 'loading' | 'ready' | 'unreachable';
  readonly models: readonly string[];
  readonly collections: readonly string[];
  /** The model that is asked: the first one offered, or the person's choice. */
  readonly model?: string | undefined;
  /** `wanted`: the gateway asked for a key; `refused`: it does not take the one given. */
  readonly key: 'none' | 'wanted' | 'refused' | 'given';
}

/** The gateway as the page sees it, with the commands that change that. */
export interface GatewayStore extends Pick<Store<GatewayState, never>, 'getState' | 'subscribe'> {
  /** Asks what is offered; never throws, the state says how it went. */
  readonly refresh: () => Promise<void>;
  readonly chooseModel: (model: string) => void;
  readonly useKey: (key: string) => Promise<void>;
  readonly forgetKey: () => Promise<void>;
  /** Tells of a failure met elsewhere: a 401 means the key form is needed. */
  readonly noticeFailure: (failure: Failure) => void;
}

/** Where the API key of this tab is kept. */
export interface KeyHolder {
  readonly get: () => string | undefined;
  readonly set: (key: string | undefined) => void;
}

type GatewayEvent =
  | { readonly type: 'offer-loaded'; readonly offer: Offer; readonly hasKey: boolean }
  | { readonly type: 'failed'; readonly failure: Failure; readonly hasKey: boolean }
  | { readonly type: 'model-chosen'; readonly model: string };

const INITIAL: GatewayState = { status: 'loading', models: [], collections: [], key: 'none' };

/** Makes the store; nothing is asked before `refresh`. */
export function createGatewayStore(client: Client, keys: KeyHolder): GatewayStore {
  const store = createStore(reduceGateway, INITIAL);
  const hasKey = () => keys.get() !== undefined;

  async function refresh(): Promise<void> {
    try {
      store.dispatch({ type: 'offer-loaded', offer: await client.listModels(), hasKey: hasKey() });
    } catch (thrown) {
      store.dispatch({ type: 'failed', failure: failureOf(thrown), hasKey: hasKey() });
    }
  }

  async function changeKey(key: string | undefined): Promise<void> {
    keys.set(key);
    await refresh();
  }

  return {
    getState: store.getState,
    subscribe: store.subscribe,
    refresh,
    chooseModel: (model) => store.dispatch({ type: 'model-chosen', model }),
    useKey: changeKey,
    forgetKey: () => changeKey(undefined),
    noticeFailure(failure) {
      if (failure.status === 401) store.dispatch({ type: 'failed', failure, hasKey: hasKey() });
    },
  };
}

/** A 401 says nothing about reachability: only the key is wanting. */
function reduceGateway(state: GatewayState, event: GatewayEvent): GatewayState {
  switch (event.type) {
    case 'offer-loaded': {
      const { models, collections } = event.offer;
      const model = models.includes(state.model ?? '') ? state.model : models[0];
      return { status: 'ready', models, collections, model, key: event.hasKey ? 'given' : 'none' };
    }
    case 'failed':
      return event.failure.status === 401
        ? { ...state, key: event.hasKey ? 'refused' : 'wanted' }
        : { ...state, status: 'unreachable' };
    default:
      return state.models.includes(event.model) ? { ...state, model: event.model } : state;
  }
}
