import type { PassageView } from '../api/answer-view.ts';
import type { Turn } from '../conversation/turn.ts';

/** The passages of an answer: from its record with text and verdict, before that as the stream named them. */
export function passagesOf(turn: Turn): readonly PassageView[] {
  const passages = turn.record?.passages ?? turn.sources;
  return passages.toSorted((one, other) => (one.n ?? Infinity) - (other.n ?? Infinity) || 0);
}

/** The heading a passage stands under, without the document's title before it: `Guide › Setup` reads `Setup`. */
export function headingOf(title: string): string {
  return title.split(' › ').at(-1) ?? title;
}
