import type { Verdict } from '../domain/verdict.ts';
import type { StoredAnswer } from '../answers/stored-answer.ts';

/** Version of the line format; a change that breaks readers gets a new one. */
export const EVALUATION_CASE_SCHEMA = 'glassgate.evaluation-case.v1';

/** One line of the export: an answer with all that is needed to judge it or to ask again. Names as in the HTTP API. */
export interface EvaluationCase {
  readonly schema: typeof EVALUATION_CASE_SCHEMA;
  readonly answer_id: string;
  readonly request_id: string;
  readonly trace_id: string;
  /** Unix time in milliseconds. */
  readonly created_at: number;
  readonly model: string;
  readonly versions: StoredAnswer['versions'];
  readonly question: string;
  /** What the model was given (`n` as cited) and what the context guard set aside (`n` null). */
  readonly passages: readonly {
    readonly n: number | null;
    readonly id: string;
    readonly title: string;
    readonly source: string;
    readonly position: number;
    readonly score: number;
    readonly hash: string;
    readonly text: string;
    readonly verdict: Verdict;
  }[];
  readonly answer: string;
  readonly outcome: StoredAnswer['outcome'];
  readonly error_code: string | null;
  readonly finish_reason: string | null;
  readonly stream: boolean;
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number } | null;
  readonly timings: {
    readonly duration_ms: number;
    readonly overhead_ms: number;
    readonly time_to_first_token_ms: number | null;
  };
  readonly stages: readonly {
    readonly stage: string;
    readonly start_ms: number;
    readonly duration_ms: number;
    readonly outcome: string;
    /** Only for guards. */
    readonly verdict?: Verdict;
  }[];
  readonly feedback: {
    readonly rating: 'up' | 'down' | null;
    readonly comment: string | null;
    readonly reasons: readonly string[];
    readonly updated_at: number;
  } | null;
}

/** The exported form of an answer; who asked is left out on purpose. */
export function toEvaluationCase(answer: StoredAnswer): EvaluationCase {
  return {
    schema: EVALUATION_CASE_SCHEMA,
    answer_id: answer.answerId,
    request_id: answer.requestId,
    trace_id: answer.traceId,
    created_at: answer.createdAt,
    model: answer.model,
    versions: answer.versions,
    question: answer.question,
    passages: answer.passages.map((passage) => ({ ...passage, n: passage.n ?? null })),
    answer: answer.answer,
    outcome: answer.outcome,
    error_code: answer.errorCode ?? null,
    finish_reason: answer.finishReason ?? null,
    stream: answer.stream,
    usage: answer.usage
      ? { input_tokens: answer.usage.inputTokens, output_tokens: answer.usage.outputTokens }
      : null,
    timings: {
      duration_ms: answer.durationMs,
      overhead_ms: answer.overheadMs,
      time_to_first_token_ms: answer.timeToFirstTokenMs ?? null,
    },
    stages: answer.stages.map(({ stage, startMs, durationMs, outcome, verdict }) => ({
      stage,
      start_ms: startMs,
      duration_ms: durationMs,
      outcome,
      ...(verdict && { verdict }),
    })),
    feedback: toExportedFeedback(answer.feedback),
  };
}

function toExportedFeedback(feedback: StoredAnswer['feedback']): EvaluationCase['feedback'] {
  if (!feedback) return null;
  const { rating, comment = null, reasons = [], updatedAt } = feedback;
  return { rating, comment, reasons, updated_at: updatedAt };
}
