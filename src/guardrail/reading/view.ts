import type { TextSpan, ViewKind } from '../../domain/verdict.ts';

/** One way to read a text. Positions in it lead back to the text that came in. */
export interface View {
  readonly kind: ViewKind;
  readonly text: string;
  /** Where a range of this view came from: at least one character, whatever the disguise. */
  sourceSpan(start: number, end: number): TextSpan;
}

/** Replaces a range of a text by another text. */
export interface Edit extends TextSpan {
  readonly text: string;
}

/** The text as it came in. */
export function plainView(text: string): View {
  return { kind: 'plain', text, sourceSpan: (start, end) => ({ start, end }) };
}

/** The same text under another name: what was decoded keeps its kind through the folding after it. */
export function renamed(view: View, kind: ViewKind): View {
  return { kind, text: view.text, sourceSpan: (start, end) => view.sourceSpan(start, end) };
}

/** A view with edits made, in order and without overlap. */
export function edited(parent: View, kind: ViewKind, edits: readonly Edit[]): View {
  const offsets = new Int32Array(edits.length);
  const parts: string[] = [];
  let read = 0;
  let written = 0;
  for (const [index, edit] of edits.entries()) {
    parts.push(parent.text.slice(read, edit.start), edit.text);
    written += edit.start - read;
    offsets[index] = written;
    written += edit.text.length;
    read = edit.end;
  }
  parts.push(parent.text.slice(read));
  const locate = (position: number, side: 'start' | 'end') => sourceOf(edits, offsets, position, side);
  return {
    kind,
    text: parts.join(''),
    sourceSpan: (start, end) => parent.sourceSpan(locate(start, 'start'), locate(end - 1, 'end')),
  };
}

/** A view read from its end to its beginning. */
export function reversed(parent: View): View {
  const { length } = parent.text;
  return {
    kind: 'reversed',
    text: parent.text.split('').toReversed().join(''),
    sourceSpan: (start, end) => parent.sourceSpan(length - end, length - start),
  };
}

/** Edits for the matches of a pattern; a match that `replace` gives nothing for stays as it is. */
export function editsFor(
  text: string,
  pattern: RegExp,
  replace: (match: string) => string | undefined,
): readonly Edit[] {
  const edits: Edit[] = [];
  for (const { 0: match, index } of text.matchAll(pattern)) {
    const replacement = replace(match);
    if (replacement !== undefined && replacement !== match)
      edits.push({ start: index, end: index + match.length, text: replacement });
  }
  return edits;
}

/** Where the character at a position of an edited text begins or ends in the text before. */
function sourceOf(
  edits: readonly Edit[],
  offsets: Int32Array,
  position: number,
  side: 'start' | 'end',
): number {
  const index = lastAtOrBefore(offsets, position);
  const edit = edits[index];
  const step = side === 'start' ? 0 : 1;
  if (edit === undefined) return position + step;
  const within = position - (offsets[index] as number);
  if (within >= edit.text.length) return edit.end + within - edit.text.length + step;
  // Letter for letter: a rotation or a table of look-alikes. Anything else is one piece.
  if (edit.text.length === edit.end - edit.start) return edit.start + within + step;
  return side === 'start' ? edit.start : edit.end;
}

/** Index of the last offset that is not behind the position, or -1. */
function lastAtOrBefore(offsets: Int32Array, position: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle] as number) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
