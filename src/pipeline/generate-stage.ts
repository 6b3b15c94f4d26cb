import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { GenerationFrame, ModelRequest } from '../domain/generation.ts';
import { toGatewayError } from '../errors/gateway-error.ts';
import { generate, type GenerateOptions } from '../generation/generate.ts';
import type { UpstreamClient } from '../generation/upstream-client.ts';
import { log } from '../telemetry/log.ts';
import * as semconv from '../telemetry/semconv.ts';
import { SPANS } from '../telemetry/vocabulary.ts';
import { capturedMessages } from './captured-content.ts';
import { GenerationMeter } from './generation-meter.ts';
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
  const meter = new GenerationMeter(request, scope, options.captureContent);
  scope.journal.chatSpanId = stage.span.spanId;
  try {
    for await (const frames of openGeneration(request, options, scope, stage, meter)) {
      meter.framesArrived(frames);
      yield frames;
    }
    stage.end({ attributes: meter.endAttributes(true) });
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
      ...(captureContent ? { [semconv.ATTR_GEN_AI_INPUT_MESSAGES]: capturedMessages(request.messages) } : {}),
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
