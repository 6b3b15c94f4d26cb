import type { PassageView } from '../api/answer-view.ts';
import { headingOf } from '../details/passages-of.ts';
import { usePage } from './page-context.ts';

/** The passages with their scores as short bars: how far apart the best and the rest were. */
export function PassageList({ passages, onOpen }: PassageListProps) {
  const { words, format } = usePage();
  if (passages.length === 0) return null;
  return (
    <ol class="passage-list" aria-label={words.sources}>
      {passages.map((passage) => (
        <li key={`${passage.n ?? 'aside'} ${passage.id}`} data-aside={passage.n === undefined}>
          <button type="button" onClick={() => onOpen(passage)}>
            <span class="number">{passage.n ?? '–'}</span>
            <span class="passage-name" title={passage.title}>
              {headingOf(passage.title)}
            </span>
            <span class="sr-only">{passage.n === undefined ? words.setAside : words.score}</span>
            <span class="meter" aria-hidden="true">
              <span style={{ '--share': `${Math.min(1, Math.max(0, passage.score)) * 100}%` }} />
            </span>
            <span class="score">{format.score(passage.score)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

interface PassageListProps {
  readonly passages: readonly PassageView[];
  readonly onOpen: (passage: PassageView) => void;
}
