import type { VerdictView } from '../api/answer-view.ts';
import { usePage } from './page-context.ts';

/** A guard's verdict as a small coloured word; `allowed` is the word for nothing found. */
export function VerdictChip({
  verdict,
  allowed,
}: {
  readonly verdict: VerdictView;
  readonly allowed: string;
}) {
  const { words } = usePage();
  if (verdict.action === 'allow') return <span class="chip good">{allowed}</span>;
  const blockWord = verdict.shadow ? words.wouldBlock : words.blocked;
  const word = verdict.action === 'flag' ? words.flagged : blockWord;
  const category = verdict.category && (words.categories[verdict.category] ?? verdict.category);
  return (
    <span class={`chip ${verdict.action === 'flag' ? 'warn' : 'bad'}`} title={verdict.rule}>
      {category ? `${word} · ${category}` : word}
    </span>
  );
}
