const ELLIPSIS = '…';
const ELLIPSIS_BYTES = Buffer.byteLength(ELLIPSIS);

/** The longest beginning of a text that takes at most so many bytes of UTF-8, ending in `…` when something is missing. */
export function cutToBytes(text: string, limitBytes: number): string {
  const wellFormed = text.toWellFormed();
  if (Buffer.byteLength(wellFormed) <= limitBytes) return wellFormed;
  const bytes = Buffer.from(wellFormed);
  let end = Math.max(limitBytes - ELLIPSIS_BYTES, 0);
  // A byte 10xxxxxx continues a character: the cut goes before its first byte.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return limitBytes < ELLIPSIS_BYTES ? '' : bytes.toString('utf8', 0, end) + ELLIPSIS;
}

/** Bytes a text takes inside a JSON body, where a line feed is two and a quotation mark, too. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** Paragraphs of a message, and what the one that tells of the rest says. */
export interface Paragraphs {
  readonly head: string;
  /** Each with the number of alerts it tells of. */
  readonly blocks: readonly { readonly text: string; readonly alerts: number }[];
  /** Alerts that were missing before anything was cut. */
  readonly missing: number;
  readonly rest: (alerts: number) => string;
  readonly tail: string;
}

const SEPARATOR = '\n\n';

/** Joins as many whole blocks as fit into the bytes, of the first at least its lines that do, and counts the rest. */
export function fitBlocks({ head, blocks, missing, rest, tail }: Paragraphs, limitBytes: number): string {
  const total = blocks.reduce((sum, { alerts }) => sum + alerts, missing);
  const frame = [head, rest(total), tail].filter((part) => part !== '');
  let left = limitBytes - jsonBytes(frame.join(SEPARATOR));
  let untold = total;
  const shown: string[] = [];
  for (const { text, alerts } of blocks) {
    const fitting = shown.length === 0 ? fitLines(text, left) : text;
    left -= jsonBytes(SEPARATOR + fitting);
    if (left < 0 || fitting === '') break;
    shown.push(fitting);
    untold -= alerts;
  }
  const parts = [head, ...shown, untold > 0 ? rest(untold) : '', tail];
  return parts.filter((part) => part !== '').join(SEPARATOR);
}

function fitLines(text: string, limitBytes: number): string {
  const lines = text.split('\n');
  while (lines.length > 0 && jsonBytes(SEPARATOR + lines.join('\n')) > limitBytes) lines.pop();
  return lines.join('\n');
}
