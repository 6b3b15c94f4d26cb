import { ApiError, failureOf } from '../api/api-error.ts';
import type { Client } from '../api/client.ts';
import type { GatewayStore } from '../gateway-store.ts';
import type { Store } from '../store.ts';
import { fetchRecord } from './fetch-record.ts';
import { messagesOf } from './messages-of.ts';
import type { ConversationEvent } from './reduce-conversation.ts';
import { isRunning, type Conversation, type Turn } from './turn.ts';

/** What it takes to get a turn answered. */
export interface AnswerRunnerOptions {
  readonly client: Client;
  readonly gateway: GatewayStore;
  readonly store: Store<Conversation, ConversationEvent>;
  readonly wait: (delayMs: number) => Promise<void>;
}

/** Gets one turn answered at a time: asks, passes the stream on to the store, stops, and reads the record after. */
export function createAnswerRunner({ client, gateway, store, wait }: AnswerRunnerOptions) {
  let stopper: AbortController | undefined;
  const turnOf = (id: string): Turn | undefined => store.getState().turns.find((turn) => turn.id === id);

  async function answer(id: string): Promise<void> {
    const abort = new AbortController();
    stopper = abort;
    try {
      await receive(id, abort.signal);
    } catch (thrown) {
      // A stop shows itself as an error of the fetch too; `answer-stopped` has been told already.
      if (!abort.signal.aborted) fail(id, thrown);
    }
    if (stopper === abort) stopper = undefined;
  }

  async function receive(id: string, signal: AbortSignal): Promise<void> {
    const model = await modelToAsk();
    const turn = turnOf(id);
    if (turn === undefined || signal.aborted) return;
    const messages = messagesOf(store.getState().turns, turn);
    for await (const part of client.ask({ model, messages, signal })) {
      store.dispatch({ type: 'answer-part', id, part });
    }
  }

  async function modelToAsk(): Promise<string> {
    if (gateway.getState().model === undefined) await gateway.refresh();
    const { model, key } = gateway.getState();
    if (model !== undefined) return model;
    throw new ApiError({ code: key === 'none' ? 'unreachable' : 'authentication_required', message: '' });
  }

  function fail(id: string, thrown: unknown): void {
    const failure = failureOf(thrown);
    gateway.noticeFailure(failure);
    store.dispatch({ type: 'answer-failed', id, failure });
  }

  function stop(): void {
    const running = store.getState().turns.find(isRunning);
    if (running) store.dispatch({ type: 'answer-stopped', id: running.id });
    stopper?.abort();
  }

  async function loadRecord(id: string): Promise<void> {
    const answerId = turnOf(id)?.answerId;
    if (answerId === undefined) return;
    store.dispatch({ type: 'record-requested', id });
    const record = await fetchRecord({ getAnswer: (wanted) => client.getAnswer(wanted), wait }, answerId);
    store.dispatch(record ? { type: 'record-loaded', id, record } : { type: 'record-missing', id });
  }

  return { answer, stop, loadRecord };
}
