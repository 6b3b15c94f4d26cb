import { describe, expect, it } from 'vitest';
import type { GeneratedPart, GenerationInput } from '../extractive-model/server/engine.ts';
import { EngineBusyError } from '../extractive-model/server/engine.ts';
import { createLlamaEngine } from './llama-engine.ts';
import type { LlamaModel, Sampling } from './llama-model.ts';

const MARKS = ['<|im_start|>', '<|im_end|>'];

/** Stands for the native engine, which is not installed with the project: tokens are bytes, the answer is given. */
function createModel(answer: string): {
  model: LlamaModel;
  calls: { read: number[]; samplings: Sampling[]; clears: number };
} {
  const calls = { read: [] as number[], samplings: [] as Sampling[], clears: 0 };
  const model: LlamaModel = {
    contextLength: 4_096,
    tokenize: (text, isMarkup) => (isMarkup ? [256 + MARKS.indexOf(text)] : [...Buffer.from(text)]),
    detokenize: (tokens) => Buffer.from(tokens).toString('utf8'),
    clear: async () => void (calls.clears += 1),
    read: async (tokens) => void calls.read.push(tokens.length),
    write: async function* (_, sampling) {
      calls.samplings.push(sampling);
      yield* Buffer.from(answer);
    },
  };
  return { model, calls };
}

const { signal } = new AbortController();
const input: GenerationInput = {
  messages: [{ role: 'user', content: 'x'.repeat(100) }],
  maxTokens: 100,
  stop: [],
  temperature: 0.5,
  topP: 0.8,
};
async function generate(answer: string, changes: Partial<GenerationInput> = {}): Promise<GeneratedPart[]> {
  const parts: GeneratedPart[] = [];
  const { model } = createModel(answer);
  for await (const part of createLlamaEngine(model).generate({ ...input, ...changes }, signal))
    parts.push(part);
  return parts;
}
const textOf = (parts: readonly GeneratedPart[]): string =>
  parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('');

describe('createLlamaEngine', () => {
  it('reads the prompt in small parts but for the last token, then gives the answer token by token', async () => {
    const { model, calls } = createModel('Hi 网');
    const engine = createLlamaEngine(model);
    const parts: GeneratedPart[] = [];
    for await (const part of engine.generate(input, signal)) parts.push(part);
    const promptTokens = engine.countTokens(input.messages);
    expect(calls.read).toEqual([48, 48, promptTokens - 1 - 96]);
    expect(calls.samplings).toEqual([{ temperature: 0.5, topP: 0.8 }]);
    expect(calls.clears).toBe(1);
    const delta = (text: string, tokens = 1): GeneratedPart => ({ type: 'text-delta', text, tokens });
    expect(parts).toEqual([
      { type: 'start' },
      delta('H'),
      delta('i'),
      delta(' '),
      delta(''),
      delta(''),
      delta('网'),
      delta('', 0),
      { type: 'end', finishReason: 'stop' },
    ]);
  });

  it('ends at the token limit and before a stop text', async () => {
    const cut = await generate('Hello', { maxTokens: 2 });
    expect([textOf(cut), cut.at(-1)]).toEqual(['He', { type: 'end', finishReason: 'length' }]);
    const stopped = await generate('one END two', { stop: ['END'] });
    expect([textOf(stopped), stopped.at(-1)]).toEqual(['one ', { type: 'end', finishReason: 'stop' }]);
    const held = await generate('one EN', { stop: ['END'] });
    expect(textOf(held)).toBe('one EN');
  });

  it('stops when the caller leaves, while it reads and while it writes, and takes the next', async () => {
    const { model, calls } = createModel('Hello');
    const engine = createLlamaEngine(model);
    const whileReading = new AbortController();
    const leaving: LlamaModel = {
      ...model,
      read: async (tokens) => (await model.read(tokens), whileReading.abort()),
    };
    const reading = createLlamaEngine(leaving).generate(input, whileReading.signal)[Symbol.asyncIterator]();
    await reading.next();
    await expect(reading.next()).rejects.toThrow('abort');
    expect(calls.read).toEqual([48]);

    const whileWriting = new AbortController();
    const writing = engine.generate(input, whileWriting.signal)[Symbol.asyncIterator]();
    await writing.next();
    await writing.next();
    whileWriting.abort();
    await expect(writing.next()).rejects.toThrow('abort');
    const next: GeneratedPart[] = [];
    for await (const part of engine.generate(input, signal)) next.push(part);
    expect(textOf(next)).toBe('Hello');
  });

  it('gives the turn to the next when nobody reads on', async () => {
    const engine = createLlamaEngine(createModel('Hello').model);
    const first = engine.generate(input, signal)[Symbol.asyncIterator]();
    await first.next();
    const second = engine.generate(input, signal)[Symbol.asyncIterator]();
    const begun = second.next();
    await first.return?.();
    expect(await begun).toEqual({ done: false, value: { type: 'start' } });
    await second.return?.();
  });

  it('refuses when too many wait', async () => {
    const engine = createLlamaEngine(createModel('Hello').model);
    const first = engine.generate(input, signal)[Symbol.asyncIterator]();
    await first.next();
    const waiting = Array.from({ length: 8 }, () => engine.generate(input, signal)[Symbol.asyncIterator]());
    const begun = waiting.map(async (each) => {
      await each.next();
      await each.return?.();
    });
    const last = engine.generate(input, signal)[Symbol.asyncIterator]();
    await expect(last.next()).rejects.toThrow(EngineBusyError);
    await first.return?.();
    await Promise.all(begun);
  });
});
