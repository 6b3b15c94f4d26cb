import type { SourceTrust } from './passage.ts';
import type { Verdict } from './verdict.ts';

/** How an answer ended. `blocked` and `aborted` are not failures of ours. */
export type AnswerOutcome = 'answered' | 'blocked' | 'failed' | 'aborted';

/** The steps of the path, in order (DESIGN: the request path). */
export type StageName =
  'input_guard' | 'retrieve' | 'context_guard' | 'assemble' | 'generate' | 'output_guard' | 'record';

/** One step of one answer as the waterfall shows it. Times in milliseconds from the request's start. */
export interface StageTiming {
  readonly stage: StageName;
  readonly startMs: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'blocked' | 'failed' | 'aborted';
  /** Only for guards. */
  readonly verdict?: Verdict;
}

/** A passage as an answer used it, or set aside by the context guard. */
export interface UsedPassage {
  /** The `[n]` of citations; absent when the passage was set aside. */
  readonly n?: number;
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly position: number;
  readonly score: number;
  readonly hash: string;
  readonly text: string;
  /** Of its document; absent reads as `untrusted`. */
  readonly trust?: SourceTrust;
  readonly verdict: Verdict;
}

/** Tokens as the upstream reported them; absent when it reported none. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Which versions made an answer, so that it can be made again. */
export interface AnswerVersions {
  readonly gateway: string;
  readonly prompt: string;
  readonly guard: string;
  readonly corpus: string;
  readonly config: string;
}

/** Everything kept about one answer (DESIGN: answers and feedback). */
export interface AnswerRecord {
  readonly answerId: string;
  readonly requestId: string;
  readonly owner: string;
  readonly traceId: string;
  /** Span id of the `chat {model}` span; absent when the model was never asked. */
  readonly chatSpanId?: string;
  /** The upstream's own id of the completion. */
  readonly responseId?: string;
  /** Unix time in milliseconds. */
  readonly createdAt: number;
  readonly question: string;
  readonly answer: string;
  readonly model: string;
  readonly stream: boolean;
  readonly outcome: AnswerOutcome;
  /** Error code when `outcome` is `failed`, `blocked` or `aborted`. */
  readonly errorCode?: string;
  readonly finishReason?: string;
  readonly passages: readonly UsedPassage[];
  readonly stages: readonly StageTiming[];
  readonly usage?: TokenUsage;
  readonly timeToFirstTokenMs?: number;
  readonly durationMs: number;
  /** Request time minus the time spent in the upstream. */
  readonly overheadMs: number;
  readonly versions: AnswerVersions;
}

/** What a person said about an answer. */
export interface Feedback {
  readonly answerId: string;
  /** `null`: withdrawn. */
  readonly rating: 'up' | 'down' | null;
  readonly comment?: string;
  readonly reasons?: readonly string[];
  /** Unix time in milliseconds of the last change. */
  readonly updatedAt: number;
}
