import type { GeneratedPart, GenerationInput, ModelEngine } from '../extractive-model/server/engine.ts';
import { EngineBusyError } from '../extractive-model/server/engine.ts';
import { chatTokens } from './chat-tokens.ts';
import type { LlamaModel } from './llama-model.ts';
import { LOCAL_MODEL } from './model-files.mjs';
import { createTextCutter } from './text-cutter.ts';
import { createTurnstile } from './turnstile.ts';

/** At some seconds an answer, more would wait longer than anybody does. */
const MOST_WAITING = 8;
/** About a third of a second of reading: a caller that leaves is noticed between two such parts. */
const TOKENS_READ_AT_ONCE = 48;

/** The small local language model as an engine: one answer at a time, the others wait in line. */
export function createLlamaEngine(model: LlamaModel): ModelEngine {
  const turnstile = createTurnstile(MOST_WAITING);
  return {
    modelId: LOCAL_MODEL.id,
    ownedBy: 'glassgate',
    maxModelLength: model.contextLength,
    // What the model's makers recommend.
    defaults: { temperature: 0.2, topP: 0.9 },
    countTokens: (messages) => chatTokens(messages, model).length,
    generate: async function* (input, signal) {
      const leave = await turnstile.enter(signal, () => new EngineBusyError());
      try {
        yield { type: 'start' };
        yield* answer(model, input, signal);
      } finally {
        leave();
      }
    },
  };
}

async function* answer(
  model: LlamaModel,
  { messages, maxTokens, stop, ...sampling }: GenerationInput,
  signal: AbortSignal,
): AsyncGenerator<GeneratedPart> {
  const last = await readPrompt(model, chatTokens(messages, model), signal);
  const cutter = createTextCutter(model, stop);
  let left = maxTokens;
  for await (const token of model.write(last, sampling)) {
    signal.throwIfAborted();
    yield { type: 'text-delta', text: cutter.add(token), tokens: 1 };
    left -= 1;
    if (left === 0 || cutter.hasStopped()) break;
  }
  yield { type: 'text-delta', text: cutter.rest(), tokens: 0 };
  yield { type: 'end', finishReason: left === 0 && !cutter.hasStopped() ? 'length' : 'stop' };
}

/** Takes in all but the last token, from which the answer starts. */
async function readPrompt(
  model: LlamaModel,
  tokens: readonly number[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  await model.clear();
  for (let at = 0; at < tokens.length - 1; at += TOKENS_READ_AT_ONCE) {
    signal.throwIfAborted();
    await model.read(tokens.slice(at, Math.min(at + TOKENS_READ_AT_ONCE, tokens.length - 1)));
  }
  signal.throwIfAborted();
  return tokens.slice(-1);
}
