import { setImmediate as nextTurn } from 'node:timers/promises';
import { extractiveAnswer } from './extractive-answer.ts';
import type { GeneratedPart, GenerationInput, ModelEngine } from './server/engine.ts';
import { textOf } from './server/engine.ts';
import { estimateTokens, textPieces } from './text-pieces.ts';

/** What a chat template adds to each message, as vLLM's models do. */
const TOKENS_PER_MESSAGE = 4;

/** The extractive stand-in as an engine: it quotes the passages in its prompt and is no language model. */
export function createExtractiveEngine(): ModelEngine {
  return {
    modelId: 'glassgate-extractive',
    ownedBy: 'glassgate',
    maxModelLength: 32_768,
    // Taken and told in the span, but without effect: the same question gets the same answer.
    defaults: { temperature: 1, topP: 1 },
    countTokens: (messages) =>
      messages.reduce((sum, message) => sum + estimateTokens(textOf(message)) + TOKENS_PER_MESSAGE, 0),
    generate: extract,
  };
}

async function* extract(input: GenerationInput, signal: AbortSignal): AsyncGenerator<GeneratedPart> {
  yield { type: 'start' };
  let left = input.maxTokens;
  for (const text of textPieces(beforeStop(extractiveAnswer(input.messages), input.stop))) {
    const tokens = estimateTokens(text);
    left -= tokens;
    if (left < 0) break;
    yield { type: 'text-delta', text, tokens };
    // Lets each piece leave by itself, and a caller that has left be noticed.
    await nextTurn(undefined, { signal });
  }
  yield { type: 'end', finishReason: left < 0 ? 'length' : 'stop' };
}

function beforeStop(text: string, stop: readonly string[]): string {
  const ends = stop.map((end) => text.indexOf(end)).filter((index) => index >= 0);
  return text.slice(0, Math.min(text.length, ...ends));
}
