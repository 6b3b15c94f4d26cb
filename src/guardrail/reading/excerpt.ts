import { edited, type Edit, type View } from './view.ts';

/** A text up to this length is read whole; of a longer one the head, the tail and what follows below. */
export const MAX_READ_CHARACTERS: number = 1 << 16;
const HEAD = 3 << 13;
const TAIL = 1 << 13;
/** Between head and tail: places where a word of an order to a model stands, each with what is around it. */
const WINDOW = 1024;
const MAX_WINDOWS = (MAX_READ_CHARACTERS - HEAD - TAIL) / WINDOW;
const TRIGGERS =
  /instructions|disregard|ignore (?:all|any|the|your|every|previous)|(?:previous|your) (?:rules|prompt)|pretend|restrict|jailbreak|system prompt|you are now|im_start|忽略|无视|無視|指令|提示词|你现在是|你現在是|[A-Za-z0-9+/]{40}/gi;

/**
 * The parts of a very long text that are read, in order, each on lines of its own. What is left out was looked through for
 * words that orders to a model use, and held none or more than there are windows.
 */
export function excerpt(view: View): View {
  const { text } = view;
  if (text.length <= MAX_READ_CHARACTERS) return view;
  const edits: Edit[] = [];
  const leaveOut = (start: number, end: number) => {
    if (end > start) edits.push({ start, end, text: '\n' });
  };
  let read = HEAD;
  const last = text.length - TAIL;
  for (const start of windowsOf(text, last)) {
    leaveOut(read, start);
    read = start + WINDOW;
  }
  leaveOut(read, last);
  return edited(view, 'plain', edits);
}

function windowsOf(text: string, last: number): readonly number[] {
  const starts: number[] = [];
  const pattern = new RegExp(TRIGGERS);
  pattern.lastIndex = HEAD;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const start = Math.max(
      match.index - WINDOW / 2,
      pattern.lastIndex - WINDOW,
      HEAD,
      (starts.at(-1) ?? 0) + WINDOW,
    );
    if (start + WINDOW > last || starts.length >= MAX_WINDOWS) break;
    starts.push(start);
    pattern.lastIndex = Math.max(pattern.lastIndex, start + WINDOW);
  }
  return starts;
}
