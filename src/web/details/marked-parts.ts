/** A text around the place where something was found in it. */
export interface MarkedParts {
  readonly before: string;
  readonly marked: string;
  readonly after: string;
}

/** Characters shown on each side of the place. */
const CONTEXT_CHARACTERS = 120;
/** Longer places are cut: the beginning says enough. */
const MARKED_CHARACTERS = 400;

/** The text around a range of it, cut to what fits beside a verdict; nothing for a range that is not in the text. */
export function markedParts(text: string, span: { start: number; end: number }): MarkedParts | undefined {
  const start = whole(text, span.start);
  const end = whole(text, Math.min(span.end, start + MARKED_CHARACTERS, text.length));
  if (start >= end) return undefined;
  const from = whole(text, Math.max(0, start - CONTEXT_CHARACTERS));
  const to = whole(text, Math.min(text.length, end + CONTEXT_CHARACTERS));
  return {
    before: `${from > 0 ? '…' : ''}${text.slice(from, start)}`,
    marked: text.slice(start, end),
    after: `${text.slice(end, to)}${to < text.length ? '…' : ''}`,
  };
}

/** Whole characters only: a place between the halves of one moves before it. */
function whole(text: string, index: number): number {
  const half = text.charCodeAt(index);
  return half >= 0xdc00 && half <= 0xdfff && index > 0 ? index - 1 : index;
}
