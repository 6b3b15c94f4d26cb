import type { LlamaModel } from './llama-model.ts';

/** Makes text of tokens as they come. */
export interface TextCutter {
  /** The text that is certain now: whole characters, and nothing that may be the beginning of a stop text. */
  add(token: number): string;
  /** Whether a stop text has come; nothing after it counts. */
  hasStopped(): boolean;
  /** What was still held back when the answer ended. */
  rest(): string;
}

/** A character of several bytes may come in several tokens; half of one reads as this. */
const HALF_CHARACTER = '\uFFFD';

/** Makes a cutter for one answer. */
export function createTextCutter(model: Pick<LlamaModel, 'detokenize'>, stop: readonly string[]): TextCutter {
  const longestStop = Math.max(0, ...stop.map((text) => text.length));
  let tokens: number[] = [];
  let held = '';
  let stopped = false;

  const release = (text: string): string => {
    const end = Math.min(...stop.map((mark) => indexOrEnd(text, mark)), text.length);
    stopped ||= end < text.length;
    const sure = stopped ? end : Math.max(0, text.length - Math.max(0, longestStop - 1));
    held = stopped ? '' : text.slice(sure);
    return text.slice(0, sure);
  };
  return {
    add: (token) => {
      tokens.push(token);
      const text = model.detokenize(tokens);
      if (stopped || text.endsWith(HALF_CHARACTER)) return '';
      tokens = [];
      return release(held + text);
    },
    hasStopped: () => stopped,
    rest: () => held,
  };
}

function indexOrEnd(text: string, mark: string): number {
  const index = text.indexOf(mark);
  return index < 0 ? text.length : index;
}
