import type { StoredAnswer } from '../../answers/stored-answer.ts';
import type { UsedPassage } from '../../domain/answer-record.ts';

/** The owner's view of one answer, as `GET /v1/answers/{id}` gives it. Times are milliseconds from the request's start. */
export function answerView(answer: StoredAnswer, traceUrl: string | undefined): object {
  return {
    object: 'glassgate.answer',
    answer_id: answer.answerId,
    request_id: answer.requestId,
    trace_id: answer.traceId,
    trace_url: traceUrl?.replaceAll('{trace_id}', answer.traceId) ?? null,
    created_at: answer.createdAt,
    model: answer.model,
    stream: answer.stream,
    outcome: answer.outcome,
    error_code: answer.errorCode ?? null,
    finish_reason: answer.finishReason ?? null,
    question: answer.question,
    answer: answer.answer,
    duration_ms: round(answer.durationMs),
    overhead_ms: round(answer.overheadMs),
    time_to_first_token_ms: answer.timeToFirstTokenMs === undefined ? null : round(answer.timeToFirstTokenMs),
    usage:
      answer.usage === undefined
        ? null
        : { input_tokens: answer.usage.inputTokens, output_tokens: answer.usage.outputTokens },
    stages: answer.stages.map(({ stage, startMs, durationMs, outcome, verdict }) => ({
      stage,
      start_ms: round(startMs),
      duration_ms: round(durationMs),
      outcome,
      ...(verdict === undefined ? {} : { verdict }),
    })),
    passages: answer.passages.map(passageView),
    versions: answer.versions,
    feedback: answer.feedback === undefined ? null : feedbackView(answer.feedback),
  };
}

/** Feedback as the API shows it. */
export function feedbackView(feedback: NonNullable<StoredAnswer['feedback']>): object {
  return {
    rating: feedback.rating,
    comment: feedback.comment ?? null,
    reasons: feedback.reasons ?? [],
    updated_at: feedback.updatedAt,
  };
}

function passageView({ n, id, title, source, position, score, hash, text, trust, verdict }: UsedPassage) {
  const place = { n: n ?? null, id, title, source, position, score };
  return { ...place, hash, text, trust: trust ?? 'untrusted', verdict };
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
