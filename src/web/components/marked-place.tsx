import { markedParts } from '../details/marked-parts.ts';
import { usePage } from './page-context.ts';

/** The place of a text where a guard found something, marked, with what stands around it. */
export function MarkedPlace({ text, span }: MarkedPlaceProps) {
  const { words } = usePage();
  const parts = markedParts(text, span);
  if (parts === undefined) return null;
  return (
    <p class="marked-place" role="note" aria-label={words.foundHere}>
      {parts.before}
      <mark>{parts.marked}</mark>
      {parts.after}
    </p>
  );
}

interface MarkedPlaceProps {
  readonly text: string;
  readonly span: { readonly start: number; readonly end: number };
}
