import type { FeedbackView } from '../api/answer-view.ts';
import type { PageStorage } from '../browser-storage.ts';
import { failureOf } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import type { GatewayStore } from '../gateway-store.ts';
import { createStore, type Store } from '../store.ts';
import { createAnswerRunner } from './answer-runner.ts';
import { loadConversation, saveConversation } from './conversation-storage.ts';
import { createFeedbackSender } from './feedback-sender.ts';
import { reduceConversation, type ConversationEvent } from './reduce-conversation.ts';
import { isRunning, type Conversation } from './turn.ts';

/** The conversation with the commands a person has. One answer runs at a time. */
export interface ConversationStore extends Pick<
  Store<Conversation, ConversationEvent>,
  'getState' | 'subscribe'
> {
  /** Asks; with `supersedes`, the turn of that id is left out of what the model is sent from now on. */
  readonly ask: (question: string, supersedes?: string) => Promise<void>;
  /** Asks the question of a failed turn once more, in its place. */
  readonly retry: (id: string) => Promise<void>;
  readonly stop: () => void;
  readonly select: (id: string) => void;
  readonly clear: () => void;
  readonly rate: (id: string, feedback: FeedbackView) => Promise<void>;
  /** Reads the record of one answer, again when it was missing. */
  readonly loadRecord: (id: string) => Promise<void>;
  /** Keeps the conversation in the tab's storage. */
  readonly save: () => void;
}

/** What the store stands on; ids, waiting and storage come from outside. */
export interface ConversationStoreOptions {
  readonly client: Client;
  readonly gateway: GatewayStore;
  readonly storage: PageStorage;
  readonly newId: () => string;
  readonly wait: (delayMs: number) => Promise<void>;
}

/** Makes the store with what the tab had kept. */
export function createConversationStore(options: ConversationStoreOptions): ConversationStore {
  const store = createStore(reduceConversation, loadConversation(options.storage));
  const runner = createAnswerRunner({ ...options, store });
  const sendFeedback = createTurnFeedback(options.client, store);
  const isBusy = () => store.getState().turns.some(isRunning);
  const save = () => saveConversation(options.storage, store.getState());

  async function run(event: ConversationEvent & { readonly id: string }): Promise<void> {
    if (isBusy()) return;
    store.dispatch(event);
    save();
    await runner.answer(event.id);
    save();
    await runner.loadRecord(event.id);
  }

  return {
    getState: store.getState,
    subscribe: store.subscribe,
    save,
    stop: runner.stop,
    loadRecord: runner.loadRecord,
    async ask(question, supersedes) {
      const text = question.trim();
      const other = supersedes === undefined ? {} : { supersedes };
      if (text !== '') await run({ type: 'turn-asked', id: options.newId(), question: text, ...other });
    },
    retry: (id) => run({ type: 'turn-retried', id }),
    select: (id) => store.dispatch({ type: 'turn-selected', id }),
    clear() {
      runner.stop();
      store.dispatch({ type: 'conversation-cleared' });
      save();
    },
    async rate(id, feedback) {
      store.dispatch({ type: 'feedback-given', id, feedback });
      await sendFeedback(id, feedback);
    },
  };
}

/** Ratings by turn: sent in order, told to the store as they are confirmed or refused. */
function createTurnFeedback(client: Client, store: Store<Conversation, ConversationEvent>) {
  return createFeedbackSender({
    send: async (id, feedback) => {
      const turn = store.getState().turns.find((candidate) => candidate.id === id);
      return client.sendFeedback(turn?.answerId ?? '', feedback);
    },
    onStored: (id, feedback, settled) => store.dispatch({ type: 'feedback-stored', id, feedback, settled }),
    onRefused: (id, thrown) => store.dispatch({ type: 'feedback-refused', id, failure: failureOf(thrown) }),
  });
}
