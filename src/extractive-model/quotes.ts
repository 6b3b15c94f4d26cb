import type { MarkdownBlock } from '../retrieval/markdown-blocks.ts';
import { sectionsOf } from '../retrieval/markdown-blocks.ts';
import type { PromptPassage } from './read-prompt.ts';

/** The smallest thing that is quoted: a sentence, a list item, a row of a table, or code with what introduces it. */
export interface Quote {
  readonly passage: PromptPassage;
  /** Place in the passage, counted from 0. */
  readonly position: number;
  readonly text: string;
  /** A fenced block that belongs to the text. */
  readonly code?: string;
}

type Piece = Pick<Quote, 'text'> & { code?: string };

const SENTENCE_END = /(?<=[.!?]["')\]]?)\s+(?=[\p{Lu}\p{Lo}\p{N}`"'([*_])|(?<=[。！？])(?![”’」』）)])/u;
/** A sentence that begins so means something said before it. */
const POINTS_BACK =
  /^(?:(?:It|Its|This|That|These|Those|They|Their|Them|Both|Such|He|She)\b|(?:它|这|那|其[^他余中实]|此[^外]|两者|前者|后者))/u;
const LIST_MARK = /^\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ x]\]\s+)?/;
const TABLE_RULE = /^[\s|:-]+$/;

/** Cuts a passage into what can be quoted from it. */
export function quotesOf(passage: PromptPassage): Quote[] {
  const found: Piece[] = [];
  for (const block of sectionsOf(passage.text).flatMap((section) => section.blocks)) {
    if (block.kind === 'code') addCode(found, block);
    else found.push(...textsOf(block).map((text) => ({ text })));
  }
  return withWhatTheyMean(found).map((quote, position) => ({ passage, position, ...quote }));
}

/** What points back is quoted with what stands before it; at the beginning of a passage nothing does. */
function withWhatTheyMean(found: readonly Piece[]): Piece[] {
  let before = '';
  return found.flatMap((piece) => {
    const pointsBack = POINTS_BACK.test(piece.text);
    const text = pointsBack && before !== '' ? joinedText(before, piece.text) : piece.text;
    before = text;
    return pointsBack && text === piece.text ? [] : [{ ...piece, text }];
  });
}

function joinedText(before: string, text: string): string {
  return /[。！？]$/u.test(before) ? before + text : `${before} ${text}`;
}

/** Code answers together with the sentence before it, which says what it does. */
function addCode(found: Piece[], block: MarkdownBlock): void {
  const code = block.lines.join('\n');
  const before = found.at(-1);
  if (before !== undefined && before.code === undefined) before.code = code;
  else found.push({ text: '', code });
}

function textsOf(block: MarkdownBlock): string[] {
  if (block.kind === 'table') return rowsOf(block.lines);
  const items = block.kind === 'list' ? itemsOf(block.lines) : block.lines.join('\n').split(SENTENCE_END);
  return items
    .map((item) => withoutPageLinks(item.replace(/\s*\n\s*>?\s*/g, ' ').trim()))
    .filter((item) => item !== '');
}

/** A link from one page to another leads nowhere out of its place; its text stays. */
function withoutPageLinks(text: string): string {
  return text.replace(/\[([^\]]*)\]\((?!https?:)[^)]*\)/g, '$1');
}

function itemsOf(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (LIST_MARK.test(line) || items.length === 0) items.push(line.replace(LIST_MARK, ''));
    else items[items.length - 1] += `\n${line.trim()}`;
  }
  return items;
}

/** A row reads `first cell: second cell; third cell`. */
function rowsOf(lines: readonly string[]): string[] {
  return lines
    .slice(1)
    .filter((line) => !TABLE_RULE.test(line))
    .map((line) => cellsOf(line))
    .map(([first = '', ...rest]) => (rest.length === 0 ? first : `${first}: ${rest.join('; ')}`));
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => withoutPageLinks(cell.replaceAll('\\|', '|').trim()))
    .filter((cell) => cell !== '');
}
