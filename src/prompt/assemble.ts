import { randomUUID } from 'node:crypto';
import type { ChatMessage, ContentPart } from '../domain/chat-request.ts';
import type { HiddenText } from '../domain/hidden-text.ts';
import type { ScoredPassage } from '../domain/passage.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { escapeLookAlikes } from './escape-look-alikes.ts';
import { INSTRUCTIONS, renderPassages, type Datamark, type PromptCodes } from './template.ts';

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
  /** How passages are marked; by lines if nothing is said. */
  readonly datamark?: Datamark;
}

/** The messages for the model and what was put into them. */
export interface AssembledPrompt {
  readonly messages: readonly ChatMessage[];
  readonly passages: readonly ScoredPassage[];
  /** What must never come back in an answer; absent when nothing was put into the prompt. */
  readonly hidden: HiddenText | undefined;
  readonly tokensEstimated: number;
}

/** Puts the passages before the model in a system message at the front, where every chat template takes one. */
export function assemblePrompt(input: PromptInput, budget: PromptBudget): AssembledPrompt {
  const tokens = input.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0);
  if (tokens > budget.maxTokens) throw new GatewayError('context_length_exceeded', { param: 'messages' });
  if (input.passages === undefined) {
    return { messages: input.messages, passages: [], hidden: undefined, tokensEstimated: tokens };
  }
  const passages = withinBudget(input.passages, budget.contextTokens);
  const codes = randomCodes();
  const instruction = renderPassages(passages, codes, budget.datamark);
  return {
    messages: withSystemText(input.messages.map(escaped), instruction),
    passages,
    hidden: { codes: [codes.marker, codes.canary], instructions: INSTRUCTIONS },
    tokensEstimated: tokens + estimateTokens(instruction),
  };
}

/** Parts of one UUID, which costs far less than a call for random bytes: 62 bits, 48 and 8. */
function randomCodes(): PromptCodes {
  const uuid = randomUUID().replaceAll('-', '');
  return { marker: uuid.slice(16), canary: uuid.slice(0, 12), mark: uuid.slice(13, 15) };
}

/** What a user says cannot close the passages or begin another turn; the very same message when it does not try. */
function escaped(message: ChatMessage): ChatMessage {
  const { role, content } = message;
  if (role !== 'user' || content === null || content === undefined) return message;
  if (typeof content === 'string') {
    const text = escapeLookAlikes(content);
    return text === content ? message : { ...message, content: text };
  }
  const parts = content.map(escapedPart);
  return parts.every((part, index) => part === content[index]) ? message : { ...message, content: parts };
}

function escapedPart(part: ContentPart): ContentPart {
  if (typeof part.text !== 'string') return part;
  const text = escapeLookAlikes(part.text);
  return text === part.text ? part : { ...part, text };
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
