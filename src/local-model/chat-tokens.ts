import type { ChatMessage } from '../domain/chat-request.ts';
import { textOf } from '../extractive-model/server/engine.ts';
import type { LlamaModel } from './llama-model.ts';

/**
 * A conversation as the model was trained to read it (ChatML), ending where its answer begins. What people wrote is
 * tokenized as plain text, so nobody can end their turn and begin another's.
 */
export function chatTokens(messages: readonly ChatMessage[], model: LlamaModel): number[] {
  const begin = model.tokenize('<|im_start|>', true);
  const end = model.tokenize('<|im_end|>', true);
  const turns = messages.map((message) => {
    const text = model.tokenize(`${roleOf(message)}\n${textOf(message)}`, false);
    return [...begin, ...text, ...end, ...model.tokenize('\n', false)];
  });
  return [...turns.flat(), ...begin, ...model.tokenize('assistant\n', false)];
}

/** The model knows three roles. */
function roleOf({ role }: ChatMessage): 'system' | 'user' | 'assistant' {
  if (role === 'assistant') return 'assistant';
  return role === 'system' || role === 'developer' ? 'system' : 'user';
}
