import { z } from 'zod';
import type { ChatMessage } from '../../domain/chat-request.ts';
import type { ModelEngine } from './engine.ts';
import { invalidRequest, maxTokensTooLarge, promptTooLong, unknownModel } from './vllm-error.ts';

/** A checked request for a completion. */
export interface CompletionRequest {
  readonly messages: readonly ChatMessage[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly choiceCount: number;
  readonly temperature: number;
  readonly topP: number;
  readonly stop: readonly string[];
  readonly promptTokens: number;
  readonly maxTokens: number;
}

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(part)]).nullish(),
});
const tokenCount = z.int().min(1).nullish();
/** What is known is checked; what is not (tools, logprobs, seeds) is let pass and does nothing here. */
const schema = z.looseObject({
  model: z.string().nullish(),
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.int().min(1).max(16).nullish(),
  temperature: z.number().min(0).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  max_tokens: tokenCount,
  max_completion_tokens: tokenCount,
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
});

/** Reads the body of a completion request, or throws what vLLM would answer. */
export function readCompletionRequest(body: string, engine: ModelEngine): CompletionRequest {
  const request = schema.safeParse(parsedJson(body));
  if (!request.success) throw invalidRequest(request.error.issues.map(faultOf));
  const { model, messages, stream_options: streamOptions, ...options } = request.data;
  if (model != null && model !== engine.modelId) throw unknownModel(model, engine.modelId);
  const promptTokens = engine.countTokens(messages);
  if (promptTokens >= engine.maxModelLength) throw promptTooLong(promptTokens, engine.maxModelLength);
  const maxTokens = options.max_completion_tokens ?? options.max_tokens;
  if (maxTokens != null && maxTokens > engine.maxModelLength)
    throw maxTokensTooLarge(maxTokens, engine.maxModelLength);
  return {
    messages,
    stream: options.stream === true,
    includeUsage: streamOptions?.include_usage === true,
    choiceCount: options.n ?? 1,
    temperature: options.temperature ?? engine.defaults.temperature,
    topP: options.top_p ?? engine.defaults.topP,
    stop: [options.stop ?? []].flat().filter((text) => text !== ''),
    promptTokens,
    maxTokens: Math.min(maxTokens ?? Infinity, engine.maxModelLength - promptTokens),
  };
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw invalidRequest([{ type: 'json_invalid', loc: 'body', message: 'JSON decode error' }]);
  }
}

function faultOf(issue: z.core.$ZodIssue): { type: string; loc: string; message: string } {
  return { type: issue.code, loc: ['body', ...issue.path].join('.'), message: issue.message };
}
