import type { ChatMessage } from '../domain/chat-request.ts';
import { textOf } from './server/engine.ts';

/** A passage as the gateway's prompt gives it. */
export interface PromptPassage {
  /** The number it is cited by. */
  readonly n: number;
  readonly title: string;
  readonly text: string;
}

/** What the stand-in can work with. */
export interface ReadPrompt {
  readonly question: string;
  readonly passages: readonly PromptPassage[];
}

const BLOCK = /^\[passages ([0-9a-f]+)\]\n([\s\S]*?)\n\[end of passages \1\]$/gm;
const HEAD = /^\[(\d+)\] (.*)$/;
const ORIGIN = /^Source: .* \((?:trusted|untrusted)\)$/;
/** The mark before each line of a passage: the same one in the whole prompt. */
const MARK = /^[0-9a-f]{2}\| /;

/** Reads the question and the passages out of a conversation that the gateway's prompt template 2 has made. */
export function readPrompt(messages: readonly ChatMessage[]): ReadPrompt {
  const question = messages.findLast((message) => message.role === 'user');
  const system = messages.find((message) => message.role === 'system' || message.role === 'developer');
  // The gateway writes its block after the caller's own system text, which may look like one.
  const block = [...(system === undefined ? '' : textOf(system)).matchAll(BLOCK)].at(-1)?.[2];
  return {
    question: question === undefined ? '' : textOf(question),
    passages: block === undefined ? [] : passagesOf(block),
  };
}

/** A line `[2] …` begins passage 2 only where 2 is next: the text of a passage may hold such a line too. */
function passagesOf(block: string): PromptPassage[] {
  const passages: { n: number; title: string; lines: string[] }[] = [];
  for (const line of block.split('\n')) {
    const head = HEAD.exec(line);
    if (head !== null && Number(head[1]) === passages.length + 1)
      passages.push({ n: passages.length + 1, title: head[2]!, lines: [] });
    else passages.at(-1)?.lines.push(line);
  }
  return passages.map(({ n, title, lines }) => ({ n, title, text: textOfLines(lines) }));
}

/** The text as the document has it: without its origin, which stands first, and without the marks of its lines. */
function textOfLines(lines: readonly string[]): string {
  const own = ORIGIN.test(lines[0] ?? '') ? lines.slice(1) : lines;
  const mark = MARK.exec(own[0] ?? '')?.[0];
  const isMarked = mark !== undefined && own.every((line) => line === '' || line.startsWith(mark));
  return (isMarked ? own.map((line) => line.slice(mark.length)) : own).join('\n').trim();
}
