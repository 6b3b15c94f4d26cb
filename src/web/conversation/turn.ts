import type { TokenUsage } from '../../domain/answer-record.ts';
import type { Source } from '../api/answer-stream.ts';
import type { AnswerView, FeedbackView } from '../api/answer-view.ts';
import type { Failure } from '../api/api-error.ts';

/** Where a turn stands. `waiting` and `streaming` are under way, the others are final. */
export type TurnStatus = 'waiting' | 'streaming' | 'answered' | 'stopped' | 'blocked' | 'failed';

/** What is known of the answer's record: it may come a moment after the answer. */
type RecordStatus = 'absent' | 'loading' | 'loaded' | 'missing';

/** The thumbs of one answer: what is shown, what the gateway has confirmed, and what went wrong last. */
export interface FeedbackState extends FeedbackView {
  readonly stored: FeedbackView;
  readonly saving: boolean;
  /** The person did something in this tab: an older record read from the gateway must not undo it. */
  readonly touched: boolean;
  readonly failure?: Failure | undefined;
}

/** One question with its answer. */
export interface Turn {
  readonly id: string;
  readonly question: string;
  readonly status: TurnStatus;
  readonly text: string;
  readonly sources: readonly Source[];
  readonly answerId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly finishReason?: string | undefined;
  readonly usage?: TokenUsage | undefined;
  readonly failure?: Failure | undefined;
  /** Asked again: shown, but no longer part of what the model is sent. */
  readonly superseded: boolean;
  readonly recordStatus: RecordStatus;
  readonly record?: AnswerView | undefined;
  readonly feedback: FeedbackState;
}

/** The conversation of this tab. */
export interface Conversation {
  readonly turns: readonly Turn[];
  /** The answer whose waterfall is shown; absent: the latest. */
  readonly selectedId?: string | undefined;
  /** How many turns were dropped because the tab keeps a bounded number. */
  readonly dropped: number;
}

const NO_FEEDBACK: FeedbackView = { rating: null, comment: '', reasons: [] };

/** A question just asked. */
export function newTurn(id: string, question: string): Turn {
  return {
    id,
    question,
    status: 'waiting',
    text: '',
    sources: [],
    superseded: false,
    recordStatus: 'absent',
    feedback: { ...NO_FEEDBACK, stored: NO_FEEDBACK, saving: false, touched: false },
  };
}

/** Whether the answer is still under way. */
export function isRunning(turn: Turn | undefined): boolean {
  return turn?.status === 'waiting' || turn?.status === 'streaming';
}
