import type { AnswerOutcome } from '../../domain/answer-record.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { Instruments } from '../../telemetry/instruments.ts';
import { log } from '../../telemetry/log.ts';
import * as semconv from '../../telemetry/semconv.ts';
import { ATTRIBUTES } from '../../telemetry/vocabulary.ts';
import type { Exchange } from '../exchange.ts';

/** What is known of a request only at its end. */
export interface ExchangeEnd {
  readonly method: 'GET' | '_OTHER';
  readonly route: string | undefined;
  readonly status: number;
}

/** Ends the request for telemetry: its span, its duration and its one log line, which all say the same. */
export function closeExchange(exchange: Exchange, end: ExchangeEnd, instruments: Instruments): void {
  const { span, failure, startedAt } = exchange;
  const reason: unknown = exchange.signal.reason ?? failure;
  const aborted = reason instanceof GatewayError && reason.code === 'client_closed_request';
  // Statuses below 500 are the caller's matter and no error of this server (HTTP conventions).
  const failureType = (failure?.status ?? 0) >= 500 ? failure?.code : undefined;
  const errorType = aborted ? 'client_closed_request' : failureType;
  const common = {
    [semconv.ATTR_HTTP_REQUEST_METHOD]: end.method,
    [semconv.ATTR_HTTP_RESPONSE_STATUS_CODE]: aborted && failure !== undefined ? 499 : end.status,
    ...(end.route === undefined ? {} : { [semconv.ATTR_HTTP_ROUTE]: end.route }),
  };
  const seconds = (performance.now() - startedAt) / 1000;
  const answer = answerAttributes(exchange, aborted);
  span.annotate({ ...common, ...answer });
  span.end(errorType, { aborted });
  const failed = errorType === undefined ? {} : { [semconv.ATTR_ERROR_TYPE]: errorType };
  instruments['http.server.request.duration'].record(seconds, { ...common, ...failed });
  const level = failure === undefined ? 'info' : errorType !== undefined && !aborted ? 'error' : 'warn';
  log[level](
    'request.completed',
    {
      ...common,
      ...answer,
      duration_s: Math.round(seconds * 1e6) / 1e6,
      [ATTRIBUTES.REQUEST_ID]: exchange.requestId,
      [ATTRIBUTES.PRINCIPAL_KIND]: exchange.principal?.kind ?? 'unknown',
    },
    span.context,
  );
  const isFault = failure?.code === 'internal_error' || failure?.code === 'guard_failed';
  // Without a cause it is the moderation service that is missing: no fault of ours.
  if (isFault && (failure.code === 'internal_error' || failure.cause !== undefined))
    reportFault(failure.cause, exchange);
}

function answerAttributes({ failure, answerId }: Exchange, aborted: boolean): Record<string, string> {
  return {
    ...(failure === undefined ? {} : { [ATTRIBUTES.ERROR_CODE]: failure.code }),
    ...(answerId === undefined
      ? {}
      : { [ATTRIBUTES.ANSWER_ID]: answerId, [ATTRIBUTES.OUTCOME]: outcomeOf(failure?.code, aborted) }),
  };
}

function outcomeOf(code: string | undefined, aborted: boolean): AnswerOutcome {
  if (code === 'question_blocked' || code === 'answer_blocked') return 'blocked';
  if (aborted) return 'aborted';
  return code === undefined ? 'answered' : 'failed';
}

function reportFault(cause: unknown, { span }: Exchange): void {
  const error = cause instanceof Error ? cause : undefined;
  const attributes = { 'exception.type': error?.name ?? 'unknown', 'exception.stacktrace': stackOf(error) };
  log.error('request.failed', attributes, span.context);
}

/** Frames only: the first line of a stack is the message, and a message may quote the request. */
function stackOf(error: Error | undefined): string {
  return (error?.stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 12)
    .join('\n');
}
