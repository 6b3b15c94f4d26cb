import type { VerdictView } from '../api/answer-view.ts';
import { usePage } from './page-context.ts';

/** Why a guard decided as it did: the rule or the score, and the disguise it was found in. */
export function VerdictReason({ verdict }: { readonly verdict: VerdictView }) {
  const { words, format } = usePage();
  const { rule, score, view, shadow } = verdict;
  if (rule === undefined) return null;
  return (
    <>
      <code>{rule}</code>
      {score !== undefined && <span>{`${words.attackScore} ${format.score(score)}`}</span>}
      {view !== undefined && view !== 'plain' && <span>{words.views[view] ?? view}</span>}
      {shadow && <span>{words.onlyWatched}</span>}
    </>
  );
}
