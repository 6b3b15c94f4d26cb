import type { ChatMessage } from '../../domain/chat-request.ts';

/** What a model is asked to write. */
export interface GenerationInput {
  readonly messages: readonly ChatMessage[];
  /** At most this many tokens. */
  readonly maxTokens: number;
  /** Texts before which the answer ends. */
  readonly stop: readonly string[];
  readonly temperature: number;
  readonly topP: number;
}

/** One part of an answer as it is made. */
export type GeneratedPart =
  | { readonly type: 'start' }
  | { readonly type: 'text-delta'; readonly text: string; readonly tokens: number }
  | { readonly type: 'end'; readonly finishReason: 'stop' | 'length' };

/** What makes answers behind the HTTP server: the extractive stand-in, or a real model in this process. */
export interface ModelEngine {
  readonly modelId: string;
  readonly ownedBy: string;
  /** Prompt and answer together, in tokens. */
  readonly maxModelLength: number;
  /** What a request that does not say gets. */
  readonly defaults: { readonly temperature: number; readonly topP: number };
  countTokens(messages: readonly ChatMessage[]): number;
  /** Begins with `start` when its turn has come, ends with `end`; stops working at once when `signal` aborts. */
  generate(input: GenerationInput, signal: AbortSignal): AsyncIterable<GeneratedPart>;
}

/** The engine has as many answers waiting as it takes. */
export class EngineBusyError extends Error {
  override readonly name = 'EngineBusyError';
}

/** The text of a message, whether it came as a string or in parts. */
export function textOf(message: ChatMessage): string {
  if (typeof message.content === 'string') return message.content;
  return (message.content ?? [])
    .map((part) => (part.type === 'text' ? (part.text ?? '') : ''))
    .join('\n')
    .trim();
}
