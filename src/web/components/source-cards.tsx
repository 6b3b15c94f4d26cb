import type { PassageView } from '../api/answer-view.ts';
import { headingOf } from '../details/passages-of.ts';
import { usePage } from './page-context.ts';

/** The passages of an answer as numbered cards that open their text; those set aside are shown as such. */
export function SourceCards({ passages, onOpen }: SourceCardsProps) {
  const { words } = usePage();
  if (passages.length === 0) return null;
  return (
    <ol class="sources" aria-label={words.sources}>
      {passages.map((passage) => (
        <li key={`${passage.n ?? 'aside'} ${passage.id}`}>
          <button type="button" class="source" data-n={passage.n} onClick={() => onOpen(passage)}>
            <Heading passage={passage} />
            <span class="source-meta">
              <Meta passage={passage} />
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

interface SourceCardsProps {
  readonly passages: readonly PassageView[];
  readonly onOpen: (passage: PassageView) => void;
}

/** A passage set aside has no number, because the answer cannot cite it. */
function Heading({ passage: { n, title, verdict } }: { readonly passage: PassageView }) {
  const { words } = usePage();
  const category = verdict?.category && (words.categories[verdict.category] ?? verdict.category);
  return (
    <span class="source-title">
      <b>{n === undefined ? words.setAside : `${n} ${headingOf(title)}`}</b>
      {category && <span class="chip warn">{category}</span>}
    </span>
  );
}

/** Positions count from 0 on the wire and from 1 for people. */
function Meta({ passage: { n, source, position, score } }: { readonly passage: PassageView }) {
  const { words, format } = usePage();
  if (n === undefined) return <>{`${source} · ${words.notShown}`}</>;
  const place = position === undefined ? [] : [words.passage(format.number(position + 1))];
  return <>{[source, ...place, format.score(score)].join(' · ')}</>;
}
