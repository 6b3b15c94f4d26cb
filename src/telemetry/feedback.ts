import { ROOT_CONTEXT, trace, TraceFlags, type SpanContext } from '@opentelemetry/api';
import type { Feedback } from '../domain/answer-record.ts';
import type { Instruments } from './instruments.ts';
import { log } from './log.ts';
import * as semconv from './semconv.ts';
import type { OpenSpan } from './spans.ts';
import { ATTRIBUTES } from './vocabulary.ts';

/** A change of feedback and where the answer it judges was traced. */
export interface FeedbackReport {
  readonly feedback: Feedback;
  readonly trace?: { readonly traceId: string; readonly chatSpanId?: string; readonly responseId?: string };
  /** SERVER span of the request that brought it: gets a link to the answer's span. */
  readonly requestSpan: OpenSpan;
  readonly captureContent: boolean;
}

/**
 * Tells a thumb: a counter, and the event `gen_ai.evaluation.result` in the context of the `chat` span it judges, as the
 * conventions ask, so that it shows up in the trace of the answer and not of the click.
 */
export function reportFeedback(report: FeedbackReport, instruments: Instruments): void {
  const { feedback, requestSpan } = report;
  instruments['glassgate.feedback.ratings'].record(1, {
    'glassgate.feedback.rating': feedback.rating ?? 'withdrawn',
  });
  const judged = judgedSpan(report);
  if (judged !== undefined) requestSpan.link(judged);
  const at = judged === undefined ? requestSpan.context : trace.setSpanContext(ROOT_CONTEXT, judged);
  log.info(
    'feedback.received',
    { [ATTRIBUTES.ANSWER_ID]: feedback.answerId, rating: feedback.rating ?? 'withdrawn' },
    requestSpan.context,
  );
  log.info(semconv.EVENT_GEN_AI_EVALUATION_RESULT, evaluationOf(report), at);
}

function judgedSpan({ trace: answer }: FeedbackReport): SpanContext | undefined {
  if (answer?.chatSpanId === undefined) return undefined;
  return {
    traceId: answer.traceId,
    spanId: answer.chatSpanId,
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  };
}

const LABELS = { up: 'thumbs_up', down: 'thumbs_down', withdrawn: 'withdrawn' } as const;

function evaluationOf({
  feedback,
  trace: answer,
  captureContent,
}: FeedbackReport): Record<string, string | number> {
  return {
    [semconv.ATTR_GEN_AI_EVALUATION_NAME]: 'user_feedback',
    [semconv.ATTR_GEN_AI_EVALUATION_SCORE_LABEL]: LABELS[feedback.rating ?? 'withdrawn'],
    ...(feedback.rating === null
      ? {}
      : { [semconv.ATTR_GEN_AI_EVALUATION_SCORE_VALUE]: feedback.rating === 'up' ? 1 : 0 }),
    ...(answer?.responseId === undefined ? {} : { [semconv.ATTR_GEN_AI_RESPONSE_ID]: answer.responseId }),
    ...(captureContent && feedback.comment !== undefined
      ? { [semconv.ATTR_GEN_AI_EVALUATION_EXPLANATION]: feedback.comment }
      : {}),
    [ATTRIBUTES.ANSWER_ID]: feedback.answerId,
  };
}
