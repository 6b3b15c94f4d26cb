import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { GenerationFrame, ModelRequest } from '../domain/generation.ts';
import { toGatewayError } from '../errors/gateway-error.ts';
import { generate, type GenerateOptions } from '../generation/generate.ts';
import type { UpstreamClient } from '../generation/upstream-client.ts';
import { log } from '../telemetry/log.ts';
import * as semconv from '../telemetry/semconv.ts';
import { ATTRIBUTES, SPANS } from '../telemetry/vocabulary.ts';
import { openStage, type OpenStage, type StageIdentity, type StageScope } from './stage.ts';

/** How the model is asked. */
export interface GenerateStageOptions {
  readonly upstream: UpstreamClient;
  readonly timeouts: GenerateOptions['timeouts'];
  readonly maxRetries: number;
  readonly captureContent: boolean;
}

/** Asks the model inside its `chat {model}` span, which stays open until the last frame, a failure, or the reader's leaving. */
export async function* runGenerateStage(
  request: ModelRequest,
  options: GenerateStageOptions,
  scope: StageScope,
): AsyncGenerator<readonly GenerationFrame[], void> {
  const stage = openStage(chatIdentity(options), request, scope);
  const meter = new GenerationMeter(request, scope);
  scope.journal.chatSpanId = stage.span.spanId;
  try {
    for await (const frames of openGeneration(request, options, scope, stage, meter)) {
      meter.framesArrived(frames);
      yield frames;
    }
    stage.end({ attributes: meter.endAttributes() });
    meter.ended();
  } catch (thrown) {
    stage.span.annotate(meter.endAttributes());
    stage.fail(thrown);
    meter.ended(toGatewayError(thrown).code);
    throw thrown;
  } finally {
    // Reached without an end only when the reader stopped reading: a guard that blocked, or a caller who left.
    if (!meter.isEnded) {
      stage.end({ attributes: meter.endAttributes() });
      meter.ended();
    }
  }
}

function openGeneration(
  request: ModelRequest,
  options: GenerateStageOptions,
  { context, instruments }: StageScope,
  stage: OpenStage,
  meter: GenerationMeter,
): ReturnType<typeof generate> {
  const call = { requestId: context.requestId, telemetry: stage.span.context, signal: context.signal };
  return generate(options.upstream, request, call, {
    timeouts: options.timeouts,
    maxRetries: options.maxRetries,
    onAttempt(error) {
      meter.attempts += 1;
      const outcome =
        error === undefined ? 'ok' : error.code === 'client_closed_request' ? 'aborted' : error.code;
      instruments['glassgate.upstream.attempts'].record(1, { 'glassgate.upstream.outcome': outcome });
      if (error !== undefined && outcome !== 'aborted') {
        log.warn('upstream.failed', { [semconv.ATTR_ERROR_TYPE]: error.code }, stage.span.context);
      }
    },
    onRetry(error, delayMs) {
      const attributes = { [semconv.ATTR_ERROR_TYPE]: error.code, delay_ms: Math.round(delayMs) };
      log.warn('upstream.retried', attributes, stage.span.context);
    },
  });
}

function chatIdentity({ upstream, captureContent }: GenerateStageOptions): StageIdentity<ModelRequest> {
  return {
    name: 'generate',
    kind: SpanKind.CLIENT,
    span: (request) => `${SPANS.CHAT} ${request.model}`,
    attributes: (request) => ({
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: 'chat',
      [semconv.ATTR_GEN_AI_PROVIDER_NAME]: semconv.PROVIDER_VLLM,
      [semconv.ATTR_GEN_AI_REQUEST_MODEL]: request.model,
      [semconv.ATTR_SERVER_ADDRESS]: upstream.url.hostname,
      [semconv.ATTR_SERVER_PORT]: Number(
        upstream.url.port || (upstream.url.protocol === 'https:' ? 443 : 80),
      ),
      [semconv.ATTR_GEN_AI_REQUEST_STREAM]: request.stream,
      ...numbersOf(request.body),
      ...(captureContent ? { [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: JSON.stringify(request.messages) } : {}),
    }),
  };
}

const NUMERIC_FIELDS = {
  max_tokens: semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  max_completion_tokens: semconv.ATTR_GEN_AI_REQUEST_MAX_TOKENS,
  temperature: semconv.ATTR_GEN_AI_REQUEST_TEMPERATURE,
  top_p: semconv.ATTR_GEN_AI_REQUEST_TOP_P,
  n: semconv.ATTR_GEN_AI_REQUEST_CHOICE_COUNT,
} as const;

function numbersOf(body: ModelRequest['body']): Attributes {
  const attributes: Attributes = {};
  for (const [field, attribute] of Object.entries(NUMERIC_FIELDS)) {
    const value = body[field];
    if (typeof value === 'number') attributes[attribute] = value;
  }
  return attributes;
}

/** Measures one model call: time to first content, time between chunks, tokens. */
class GenerationMeter {
  attempts = 0;
  isEnded = false;
  readonly #request: ModelRequest;
  readonly #scope: StageScope;
  readonly #startedAt = performance.now();
  #firstAt = 0;
  #lastAt = 0;
  #chunks = 0;

  constructor(request: ModelRequest, scope: StageScope) {
    this.#request = request;
    this.#scope = scope;
  }

  framesArrived(frames: readonly GenerationFrame[]): void {
    const { journal } = this.#scope;
    for (const frame of frames) {
      journal.modelSaid(frame);
      if (frame.kind !== 'delta') continue;
      this.#chunks += 1;
      this.#lastAt = performance.now();
      if (this.#chunks > 1) continue;
      this.#firstAt = this.#lastAt;
      journal.timeToFirstTokenMs = journal.elapsedMs();
    }
  }

  endAttributes(): Attributes {
    const { responseId, responseModel, finishReason, usage } = this.#scope.journal;
    return {
      [ATTRIBUTES.UPSTREAM_ATTEMPTS]: Math.max(1, this.attempts),
      ...(responseId === undefined ? {} : { [semconv.ATTR_GEN_AI_RESPONSE_ID]: responseId }),
      ...(responseModel === undefined ? {} : { [semconv.ATTR_GEN_AI_RESPONSE_MODEL]: responseModel }),
      ...(finishReason === undefined
        ? {}
        : { [semconv.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: [finishReason] }),
      ...(this.#chunks === 0
        ? {}
        : { [semconv.ATTR_GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK]: this.#secondsToFirst() }),
      // Absent is not zero: a cancelled stream reports no usage.
      ...(usage === undefined
        ? {}
        : {
            [semconv.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: usage.inputTokens,
            [semconv.ATTR_GEN_AI_USAGE_OUTPUT_TOKENS]: usage.outputTokens,
          }),
    };
  }

  ended(errorType?: string): void {
    this.isEnded = true;
    const { journal, instruments } = this.#scope;
    const labels = {
      [semconv.ATTR_GEN_AI_OPERATION_NAME]: 'chat',
      [semconv.ATTR_GEN_AI_PROVIDER_NAME]: semconv.PROVIDER_VLLM,
      [semconv.ATTR_GEN_AI_REQUEST_MODEL]: this.#request.model,
    } as const;
    const elapsedMs = performance.now() - this.#startedAt;
    journal.upstreamMs += elapsedMs;
    const failure = errorType === undefined ? {} : { [semconv.ATTR_ERROR_TYPE]: errorType };
    instruments['gen_ai.client.operation.duration'].record(elapsedMs / 1000, { ...labels, ...failure });
    if (this.#chunks > 0)
      instruments['gen_ai.client.operation.time_to_first_chunk'].record(this.#secondsToFirst(), labels);
    if (this.#chunks > 1) {
      const perChunk = (this.#lastAt - this.#firstAt) / 1000 / (this.#chunks - 1);
      instruments['gen_ai.client.operation.time_per_output_chunk'].record(perChunk, labels);
    }
    const { usage } = journal;
    if (usage === undefined) {
      if (errorType === undefined) instruments['glassgate.upstream.usage_missing'].record(1, {});
      return;
    }
    instruments['gen_ai.client.token.usage'].record(usage.inputTokens, {
      ...labels,
      [semconv.ATTR_GEN_AI_TOKEN_TYPE]: 'input',
    });
    instruments['gen_ai.client.token.usage'].record(usage.outputTokens, {
      ...labels,
      [semconv.ATTR_GEN_AI_TOKEN_TYPE]: 'output',
    });
  }

  #secondsToFirst(): number {
    return (this.#firstAt - this.#startedAt) / 1000;
  }
}
