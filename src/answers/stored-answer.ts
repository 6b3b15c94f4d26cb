import type { AnswerRecord, Feedback } from '../domain/answer-record.ts';

/** An answer's record with what its owner said about it. */
export interface StoredAnswer extends AnswerRecord {
  readonly feedback?: Feedback;
}

/** A thumb. */
export type Rating = 'up' | 'down';

/** What a person says about an answer; the newest word replaces the one before as a whole. */
export interface RateRequest {
  readonly answerId: string;
  /** Who says it; must be who asked. */
  readonly owner: string;
  /** `null` withdraws the feedback, its comment and its reasons. */
  readonly rating: Rating | null;
  /** Lengths are the caller's to check: here any text is kept. */
  readonly comment?: string | undefined;
  readonly reasons?: readonly string[] | undefined;
}

/** Where the telemetry of an answer is, so that feedback can be told in the same place. */
export interface AnswerTrace {
  readonly traceId: string;
  readonly chatSpanId?: string;
  readonly responseId?: string;
}

/** What became of feedback; `found: false` when the answer is not this owner's. */
export type FeedbackResult =
  | { readonly found: false }
  | {
      readonly found: true;
      /** The state that is now stored. */
      readonly feedback: Feedback;
      readonly previousRating: Rating | null;
      /** `false`: the same was stored already. */
      readonly changed: boolean;
      /** Absent when the answer's record was lost. */
      readonly trace?: AnswerTrace;
    };
