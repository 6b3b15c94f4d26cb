import { useEffect, useRef } from 'preact/hooks';
import type { PassageView } from '../api/answer-view.ts';
import type { Turn } from '../conversation/turn.ts';
import { headingOf } from '../details/passages-of.ts';
import { Icon } from './icons.tsx';
import { MarkedPlace } from './marked-place.tsx';
import { usePage } from './page-context.ts';
import { VerdictReason } from './verdict-reason.tsx';

/** One passage with its text, in a dialog; focus goes back to where it was opened from. */
export function PassageDialog({ turn, passage, onClose }: PassageDialogProps) {
  const { words } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const isPending = turn.recordStatus === 'absent' || turn.recordStatus === 'loading';
  return (
    <dialog
      ref={dialog}
      class="passage"
      aria-labelledby="passage-title"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="passage-frame">
        <header>
          <h2 id="passage-title">
            {passage.n !== undefined && <span class="number">{passage.n}</span>}
            {headingOf(passage.title)}
          </h2>
          <button
            type="button"
            class="quiet"
            aria-label={words.close}
            onClick={() => dialog.current?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        <PassageFacts passage={passage} />
        {passage.text && passage.verdict?.span && (
          <MarkedPlace text={passage.text} span={passage.verdict.span} />
        )}
        <div class="passage-text" tabIndex={0} aria-label={passage.title} role="region">
          {passage.text ?? <em>{isPending ? words.passageLoading : words.passageMissing}</em>}
        </div>
      </div>
    </dialog>
  );
}

interface PassageDialogProps {
  readonly turn: Turn;
  readonly passage: PassageView;
  readonly onClose: () => void;
}

/** Where the text comes from and how it did; the hash says whether the document has changed since. */
function PassageFacts({ passage }: { readonly passage: PassageView }) {
  const { words, format } = usePage();
  const { n, title, source, position, score, hash, verdict } = passage;
  const category = verdict?.category && (words.categories[verdict.category] ?? verdict.category);
  return (
    <p class="passage-facts">
      {title !== headingOf(title) && <span>{title.split(' › ').slice(0, -1).join(' › ')}</span>}
      <SourceName source={source} />
      {position !== undefined && <span>{words.passage(format.number(position + 1))}</span>}
      <span>{`${words.score} ${format.score(score)}`}</span>
      {hash && <span title={`${words.contentHash} ${hash}`}>{`# ${hash.slice(0, 8)}`}</span>}
      {n === undefined && <span>{words.notShown}</span>}
      {category && (
        <span class="chip warn" title={verdict?.rule}>
          {category}
        </span>
      )}
      {verdict && <VerdictReason verdict={verdict} />}
    </p>
  );
}

/** A path is only named: where the documents lie is not the page's to know. */
function SourceName({ source }: { readonly source: string }) {
  if (!/^https?:\/\//i.test(source)) return <span>{source}</span>;
  return (
    <a href={source} target="_blank" rel="noopener noreferrer">
      {source}
    </a>
  );
}
