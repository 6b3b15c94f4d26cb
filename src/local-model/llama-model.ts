import { pathToFileURL } from 'node:url';

/** How likely words are chosen. */
export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
}

/** One loaded model with room for one conversation at a time. */
export interface LlamaModel {
  /** Prompt and answer together, in tokens. */
  readonly contextLength: number;
  /** `isMarkup`: the text is a mark of the chat template, not what somebody wrote. */
  tokenize(text: string, isMarkup: boolean): readonly number[];
  detokenize(tokens: readonly number[]): string;
  /** Forgets the conversation before. */
  clear(): Promise<void>;
  /** Takes in a part of a prompt. */
  read(tokens: readonly number[]): Promise<void>;
  /** Takes in the rest of a prompt and gives the tokens of the answer, until it is complete. */
  write(tokens: readonly number[], sampling: Sampling): AsyncIterable<number>;
}

/** The part of node-llama-cpp that is used; it is installed on demand, so its own types are not at hand. */
interface LlamaModule {
  getLlama(options: object): Promise<{
    loadModel(options: { modelPath: string }): Promise<{
      tokenize(text: string, specialTokens: boolean): number[];
      detokenize(tokens: readonly number[]): string;
      createContext(options: object): Promise<{ getSequence(): LlamaSequence }>;
    }>;
  }>;
}

interface LlamaSequence {
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  evaluate(tokens: readonly number[], sampling: Sampling): AsyncIterable<number>;
}

/** Room for the passages and an answer; the model was trained for twice as much, but reads slowly. */
const CONTEXT_LENGTH = 4_096;

/** Loads the model with the engine found at `enginePath`. */
export async function loadLlamaModel(enginePath: string, weightsPath: string): Promise<LlamaModel> {
  const module = (await import(pathToFileURL(enginePath).href)) as LlamaModule;
  const llama = await module.getLlama({ build: 'never', gpu: false, maxThreads: 1, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: weightsPath });
  // One thread: more spin while they wait for one another, and are slower on a busy machine.
  const context = await model.createContext({ contextSize: CONTEXT_LENGTH, threads: 1 });
  const sequence = context.getSequence();
  return {
    contextLength: CONTEXT_LENGTH,
    tokenize: (text, isMarkup) => model.tokenize(text, isMarkup),
    detokenize: (tokens) => model.detokenize(tokens),
    clear: () => sequence.clearHistory(),
    read: (tokens) => sequence.evaluateWithoutGeneratingNewTokens(tokens),
    write: (tokens, sampling) => sequence.evaluate(tokens, sampling),
  };
}
