import type { ModelEngine } from './engine.ts';

/** What every chunk and body of one answer carries. */
export interface CompletionHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

/** One finished choice of a completion that is not streamed. */
export interface FinishedChoice {
  readonly text: string;
  readonly finishReason: string;
}

/** Tokens of a request as the engine counts them. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly total_tokens: number;
  readonly completion_tokens: number;
}

/** Usage in the shape of the API. */
export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    total_tokens: promptTokens + completionTokens,
    completion_tokens: completionTokens,
  };
}

/** One frame of a stream. */
export function frame(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** A chunk with a piece of one choice. */
export function deltaChunk(
  head: CompletionHead,
  index: number,
  delta: { role?: string; content: string },
  finishReason: string | null = null,
): object {
  return chunk(head, [{ index, delta, logprobs: null, finish_reason: finishReason }]);
}

/** The chunk without choices that a stream ends with when usage was asked for. */
export function usageChunk(head: CompletionHead, usage: Usage): object {
  return { ...chunk(head, []), usage };
}

/** The body of an answer that is not streamed. */
export function completionBody(
  head: CompletionHead,
  choices: readonly FinishedChoice[],
  usage: Usage,
): object {
  return {
    ...head,
    object: 'chat.completion',
    choices: choices.map(({ text, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage,
  };
}

/** The list of the one model this server has. */
export function modelList(engine: ModelEngine, created: number): object {
  const model = { id: engine.modelId, object: 'model', created, owned_by: engine.ownedBy };
  return { object: 'list', data: [{ ...model, max_model_len: engine.maxModelLength }] };
}

function chunk(head: CompletionHead, choices: readonly object[]): object {
  return { id: head.id, object: 'chat.completion.chunk', created: head.created, model: head.model, choices };
}
