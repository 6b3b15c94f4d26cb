import type { IncomingHttpHeaders } from 'node:http';
import type { Tracer } from '@opentelemetry/api';
import { propagation, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import type { CompletionRequest } from './completion-request.ts';

/** When one request reached each step, in Unix milliseconds. */
interface RequestTimes {
  readonly arrived: number;
  readonly started: number;
  readonly firstToken: number;
  readonly ended: number;
}

/** What the span of a finished request says. */
export interface FinishedRequest {
  readonly id: string;
  readonly headers: IncomingHttpHeaders;
  readonly request: CompletionRequest;
  readonly completionTokens: number;
  readonly times: RequestTimes;
}

/**
 * Records the `llm_request` span as vLLM 0.32 does: only when the answer is finished, as a child of the caller's
 * `traceparent`, under vLLM's own attribute names (seconds, and prompt_tokens rather than input_tokens).
 */
export function recordRequestSpan(tracer: Tracer, finished: FinishedRequest): void {
  const { arrived, started, firstToken, ended } = finished.times;
  const parent = propagation.extract(ROOT_CONTEXT, finished.headers);
  const { maxTokens, choiceCount, topP, temperature, promptTokens } = finished.request;
  const attributes = {
    'gen_ai.request.id': finished.id,
    'gen_ai.request.max_tokens': maxTokens,
    'gen_ai.request.n': choiceCount,
    'gen_ai.request.top_p': topP,
    ...(temperature > 0 && { 'gen_ai.request.temperature': temperature }),
    'gen_ai.usage.prompt_tokens': promptTokens,
    'gen_ai.usage.completion_tokens': finished.completionTokens,
    'gen_ai.latency.time_to_first_token': seconds(arrived, firstToken),
    'gen_ai.latency.e2e': seconds(arrived, ended),
    'gen_ai.latency.time_in_queue': seconds(arrived, started),
    'gen_ai.latency.time_in_model_prefill': seconds(started, firstToken),
    'gen_ai.latency.time_in_model_decode': seconds(firstToken, ended),
    'gen_ai.latency.time_in_model_inference': seconds(started, ended),
  };
  const options = { kind: SpanKind.SERVER, startTime: arrived, attributes };
  tracer.startSpan('llm_request', options, parent).end(ended);
}

function seconds(from: number, to: number): number {
  return (to - from) / 1_000;
}
