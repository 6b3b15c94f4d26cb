import { randomUUID } from 'node:crypto';
import type { ChatMessage } from '../domain/chat-request.ts';
import type { ScoredPassage } from '../domain/passage.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { renderPassages } from './template.ts';

/** What goes into a prompt. */
export interface PromptInput {
  readonly messages: readonly ChatMessage[];
  /** Passages in order of their `[n]`; `undefined` when the request switched retrieval off: its messages are then left alone. */
  readonly passages: readonly ScoredPassage[] | undefined;
}

/** Limits, in estimated tokens. */
export interface PromptBudget {
  /** Room for passages; the last ones are left out when it is used up. */
  readonly contextTokens: number;
  /** A prompt surely larger than this is refused without asking the upstream. */
  readonly maxTokens: number;
}

/** The messages for the model and what was put into them. */
export interface AssembledPrompt {
  readonly messages: readonly ChatMessage[];
  readonly passages: readonly ScoredPassage[];
  /** Random boundary of the passages: must never come back in an answer. */
  readonly marker: string | undefined;
  readonly tokensEstimated: number;
}

/** Puts the passages before the model in a system message at the front, where every chat template takes one. */
export function assemblePrompt(input: PromptInput, budget: PromptBudget): AssembledPrompt {
  const tokens = input.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0);
  if (tokens > budget.maxTokens) throw new GatewayError('context_length_exceeded', { param: 'messages' });
  if (input.passages === undefined) {
    return { messages: input.messages, passages: [], marker: undefined, tokensEstimated: tokens };
  }
  const passages = withinBudget(input.passages, budget.contextTokens);
  // 62 random bits: the last two groups of a UUID, which costs far less than a call for random bytes.
  const marker = randomUUID().slice(19).replace('-', '');
  const instruction = renderPassages(passages, marker);
  return {
    messages: withSystemText(input.messages, instruction),
    passages,
    marker,
    tokensEstimated: tokens + estimateTokens(instruction),
  };
}

function withinBudget(passages: readonly ScoredPassage[], contextTokens: number): readonly ScoredPassage[] {
  let left = contextTokens;
  return passages.filter((passage) => {
    left -= estimateTokens(passage.text) + estimateTokens(passage.title);
    return left >= 0;
  });
}

/** Only one system message may stand at the front in many chat templates, so the caller's own one is extended. */
function withSystemText(messages: readonly ChatMessage[], text: string): readonly ChatMessage[] {
  const [first, ...others] = messages;
  if (first === undefined || (first.role !== 'system' && first.role !== 'developer')) {
    return [{ role: 'system', content: text }, ...messages];
  }
  const content = Array.isArray(first.content)
    ? [...first.content, { type: 'text', text }]
    : `${typeof first.content === 'string' ? first.content : ''}\n\n${text}`;
  return [{ ...first, content }, ...others];
}
