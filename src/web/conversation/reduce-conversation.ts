import type { AnswerPart } from '../api/answer-stream.ts';
import type { AnswerView, FeedbackView } from '../api/answer-view.ts';
import type { Failure } from '../api/api-error.ts';
import { isRunning, newTurn, type Conversation, type Turn, type TurnStatus } from './turn.ts';

/** Everything that can happen to the conversation of a tab. */
export type ConversationEvent =
  | {
      readonly type: 'turn-asked';
      readonly id: string;
      readonly question: string;
      readonly supersedes?: string;
    }
  | { readonly type: 'turn-retried'; readonly id: string }
  | { readonly type: 'answer-part'; readonly id: string; readonly part: AnswerPart }
  | { readonly type: 'answer-stopped'; readonly id: string }
  | { readonly type: 'answer-failed'; readonly id: string; readonly failure: Failure }
  | { readonly type: 'record-requested'; readonly id: string }
  | { readonly type: 'record-loaded'; readonly id: string; readonly record: AnswerView }
  | { readonly type: 'record-missing'; readonly id: string }
  | { readonly type: 'feedback-given'; readonly id: string; readonly feedback: FeedbackView }
  | {
      readonly type: 'feedback-stored';
      readonly id: string;
      readonly feedback: FeedbackView;
      readonly settled: boolean;
    }
  | { readonly type: 'feedback-refused'; readonly id: string; readonly failure: Failure }
  | { readonly type: 'turn-selected'; readonly id: string }
  | { readonly type: 'conversation-cleared' };

/** Turns a tab keeps; older ones leave, and are counted. */
export const MAX_TURNS = 50;

/** A conversation nobody has said anything in. */
export const EMPTY_CONVERSATION: Conversation = { turns: [], dropped: 0 };

/** The conversation after an event; events about turns that are gone change nothing. */
export function reduceConversation(state: Conversation, event: ConversationEvent): Conversation {
  switch (event.type) {
    case 'turn-asked':
      return askTurn(state, event);
    case 'turn-selected':
      return state.turns.some((turn) => turn.id === event.id) ? { ...state, selectedId: event.id } : state;
    case 'conversation-cleared':
      return EMPTY_CONVERSATION;
    default:
      return changeTurn(state, event.id, (turn) => reduceTurn(turn, event));
  }
}

/** Events about one turn. */
type TurnEvent = Exclude<
  ConversationEvent,
  { type: 'turn-asked' } | { type: 'turn-selected' } | { type: 'conversation-cleared' }
>;

function reduceTurn(turn: Turn, event: TurnEvent): Turn {
  switch (event.type) {
    case 'turn-retried':
      return isRunning(turn) ? turn : newTurn(turn.id, turn.question);
    case 'answer-part':
      return isRunning(turn) ? addPart(turn, event.part) : turn;
    case 'answer-stopped':
      return isRunning(turn) ? { ...turn, status: 'stopped' } : turn;
    case 'answer-failed':
      return isRunning(turn) ? failTurn(turn, event.failure) : turn;
    case 'record-requested':
      return turn.recordStatus === 'loaded' ? turn : { ...turn, recordStatus: 'loading' };
    case 'record-loaded':
      return loadRecord(turn, event.record);
    case 'record-missing':
      return turn.recordStatus === 'loaded' ? turn : { ...turn, recordStatus: 'missing' };
    default:
      return { ...turn, feedback: reduceFeedback(turn, event) };
  }
}

type FeedbackEvent = Extract<
  TurnEvent,
  { type: 'feedback-given' } | { type: 'feedback-stored' } | { type: 'feedback-refused' }
>;

/** Shown at once, confirmed by the gateway, or taken back to what the gateway last confirmed. */
function reduceFeedback({ feedback }: Turn, event: FeedbackEvent): Turn['feedback'] {
  switch (event.type) {
    case 'feedback-given':
      return { ...event.feedback, stored: feedback.stored, saving: true, touched: true };
    case 'feedback-stored':
      return event.settled
        ? { ...event.feedback, stored: event.feedback, saving: false, touched: true }
        : { ...feedback, stored: event.feedback };
    default:
      return {
        ...feedback.stored,
        stored: feedback.stored,
        saving: false,
        touched: true,
        failure: event.failure,
      };
  }
}

/** A new question takes the selection with it, and the oldest turn out when the tab is full. */
function askTurn(
  state: Conversation,
  event: Extract<ConversationEvent, { type: 'turn-asked' }>,
): Conversation {
  const before = state.turns.map((turn) =>
    turn.id === event.supersedes ? { ...turn, superseded: true } : turn,
  );
  const all = [...before, newTurn(event.id, event.question)];
  const turns = all.slice(-MAX_TURNS);
  return { turns, dropped: state.dropped + all.length - turns.length };
}

/** A turn that is gone (a new conversation, a full tab) takes no events any more. */
function changeTurn(state: Conversation, id: string, change: (turn: Turn) => Turn): Conversation {
  const index = state.turns.findIndex((turn) => turn.id === id);
  const turn = state.turns[index];
  if (turn === undefined) return state;
  const changed = change(turn);
  return changed === turn ? state : { ...state, turns: state.turns.with(index, changed) };
}

function addPart(turn: Turn, part: AnswerPart): Turn {
  switch (part.type) {
    case 'start': {
      const { answerId, traceId, requestId, sources } = part;
      return { ...turn, status: 'streaming', answerId, traceId, requestId, sources };
    }
    case 'delta':
      return { ...turn, status: 'streaming', text: turn.text + part.text };
    default:
      return { ...turn, status: 'answered', finishReason: part.finishReason, usage: part.usage };
  }
}

/** A guard that stopped a question or an answer is no failure; the sentence that says why comes the same way. */
function failTurn(turn: Turn, failure: Failure): Turn {
  const status: TurnStatus = failure.code.endsWith('_blocked') ? 'blocked' : 'failed';
  return {
    ...turn,
    status,
    failure,
    answerId: failure.answerId ?? turn.answerId,
    traceId: failure.traceId ?? turn.traceId,
    requestId: failure.requestId ?? turn.requestId,
  };
}

/** The record knows the stored feedback, unless the person has been quicker. */
function loadRecord(turn: Turn, record: AnswerView): Turn {
  const { feedback } = record;
  return {
    ...turn,
    record,
    recordStatus: 'loaded',
    feedback: turn.feedback.touched ? turn.feedback : { ...turn.feedback, ...feedback, stored: feedback },
  };
}
