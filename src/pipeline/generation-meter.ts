import type { Attributes } from '@opentelemetry/api';
import type { GenerationFrame, ModelRequest } from '../domain/generation.ts';
import * as semconv from '../telemetry/semconv.ts';
import { ATTRIBUTES } from '../telemetry/vocabulary.ts';
import { capturedMessages } from './captured-content.ts';
import { ANSWER_LIMIT_CHARACTERS, FIRST_CHOICE } from './journal.ts';
import type { StageScope } from './stage.ts';

/** Measures one model call: time to first content, time between chunks, tokens. */
export class GenerationMeter {
  attempts = 0;
  isEnded = false;
  readonly #request: ModelRequest;
  readonly #scope: StageScope;
  readonly #captureContent: boolean;
  readonly #startedAt = performance.now();
  #firstAt = 0;
  #lastAt = 0;
  #chunks = 0;
  /** Text of the first choice, kept only when it is captured. */
  #said = '';

  constructor(request: ModelRequest, scope: StageScope, captureContent: boolean) {
    this.#request = request;
    this.#scope = scope;
    this.#captureContent = captureContent;
  }

  framesArrived(frames: readonly GenerationFrame[]): void {
    const { journal } = this.#scope;
    for (const frame of frames) {
      journal.modelSaid(frame);
      if (this.#captureContent) this.#said += textOfFirstChoice(frame);
      if (frame.kind !== 'delta') continue;
      this.#chunks += 1;
      this.#lastAt = performance.now();
      if (this.#chunks > 1) continue;
      this.#firstAt = this.#lastAt;
      journal.timeToFirstTokenMs = journal.elapsedMs();
    }
  }

  /** What is known at the end; `complete` when the model has said all there was to say. */
  endAttributes(complete = false): Attributes {
    const { responseId, responseModel, finishReason, usage } = this.#scope.journal;
    return {
      ...(this.#captureContent
        ? { [semconv.ATTR_GEN_AI_OUTPUT_MESSAGES]: this.#capturedAnswer(complete) }
        : {}),
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

  /** Of an answer that broke off, or that a guard has changed, only what got out; what it still holds belongs to the others. */
  #capturedAnswer(complete: boolean): string {
    const { answerText } = this.#scope.journal;
    const content = complete && this.#said.startsWith(answerText) ? this.#said : answerText;
    return capturedMessages([{ role: 'assistant', content: content.slice(0, ANSWER_LIMIT_CHARACTERS) }]);
  }

  #secondsToFirst(): number {
    return (this.#firstAt - this.#startedAt) / 1000;
  }
}

function textOfFirstChoice({ deltas }: GenerationFrame): string {
  return deltas.map(({ channel, text }) => (channel === FIRST_CHOICE ? text : '')).join('');
}
