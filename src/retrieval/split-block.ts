import type { MarkdownBlock } from './markdown-blocks.ts';

/** Code is worth more whole than short: up to this many times the limit it is not cut. */
const CODE_ALLOWANCE = 2;
const SENTENCE_END = /(?<=[.!?]["')\]]?\s+)(?=\S)|(?<=[。！？；])/u;
const LIST_ITEM_START = /^(?:[-*+]|\d{1,9}[.)])\s/;

/** Cuts one block into pieces of at most about `limit` characters, each readable on its own. */
export function splitBlock(block: MarkdownBlock, limit: number): string[] {
  const whole = block.lines.join('\n');
  if (whole.length <= limit) return [whole];
  if (block.kind === 'code') return splitCode(block.lines, limit);
  if (block.kind === 'table') return splitTable(block.lines, limit);
  if (block.kind === 'list') return gather(itemsOf(block.lines), limit, '\n');
  const sentences = whole.split(SENTENCE_END).flatMap((sentence) => sliced(sentence, limit));
  return gather(sentences, limit, '').map((part) => part.trim());
}

/** Joins neighbours as long as the limit allows. */
export function gather(pieces: readonly string[], limit: number, separator: string): string[] {
  const gathered: string[] = [];
  for (const piece of pieces) {
    const last = gathered.at(-1);
    if (last !== undefined && last.length + separator.length + piece.length <= limit)
      gathered[gathered.length - 1] = last + separator + piece;
    else gathered.push(piece);
  }
  return gathered;
}

/** Each piece of a cut code block gets the fences of the whole, so that it stays code. */
function splitCode(lines: readonly string[], limit: number): string[] {
  const whole = lines.join('\n');
  if (whole.length <= limit * CODE_ALLOWANCE) return [whole];
  const open = lines[0]!;
  const fence = /[`~]+/.exec(open)![0];
  const body = lines.at(-1)!.trim() === fence ? lines.slice(1, -1) : lines.slice(1);
  const bodyLimit = Math.max(80, limit - open.length - fence.length);
  return gather(
    body.flatMap((line) => sliced(line, bodyLimit)),
    bodyLimit,
    '\n',
  ).map((part) => `${open}\n${part}\n${fence}`);
}

/** Each piece of a cut table repeats its two head lines. */
function splitTable(lines: readonly string[], limit: number): string[] {
  const head = lines.slice(0, 2).join('\n');
  const rowLimit = Math.max(80, limit - head.length);
  return gather(lines.slice(2), rowLimit, '\n').map((rows) => `${head}\n${rows}`);
}

/** Top-level items with what is indented under them. */
function itemsOf(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (LIST_ITEM_START.test(line) || items.length === 0) items.push(line);
    else items[items.length - 1] += `\n${line}`;
  }
  return items;
}

/** A sentence or line longer than any passage is cut where it must be, never inside a character. */
function sliced(text: string, limit: number): string[] {
  if (text.length <= limit) return [text];
  const characters = Array.from(text);
  const count = Math.ceil(characters.length / limit);
  return Array.from({ length: count }, (_, index) =>
    characters.slice(index * limit, (index + 1) * limit).join(''),
  );
}
