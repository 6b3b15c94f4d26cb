import type { AnswerView, PassageView } from '../api/answer-view.ts';
import { isRunning, type Turn } from '../conversation/turn.ts';
import { Facts } from './facts.tsx';
import { PassageList } from './passage-list.tsx';
import { usePage } from './page-context.ts';
import { TraceBox } from './trace-box.tsx';
import { WaterfallTable } from './waterfall-table.tsx';

/** "How this answer came about": the steps, what was decided and used, and the trace to go on with. */
export function AnswerDetails({ turn, onOpenPassage }: AnswerDetailsProps) {
  const { words, format } = usePage();
  const createdAt = turn?.record?.createdAt;
  return (
    <section
      class="details-body"
      aria-label={words.detailsTitle}
      aria-busy={turn?.recordStatus === 'loading'}
    >
      <div class="details-head">
        <h2>{turn ? words.detailsTitle : words.pathTitle}</h2>
        {createdAt !== undefined && <p class="details-asked">{format.dateTime(createdAt)}</p>}
      </div>
      {turn?.record ? (
        <RecordView record={turn.record} onOpenPassage={onOpenPassage} />
      ) : (
        <DetailsWithoutRecord turn={turn} />
      )}
    </section>
  );
}

interface AnswerDetailsProps {
  readonly turn: Turn | undefined;
  readonly onOpenPassage: (passage: PassageView) => void;
}

/** Everything the record tells, from the overview to the trace. */
function RecordView({ record, onOpenPassage }: RecordViewProps) {
  const { words, format } = usePage();
  const { stages, durationMs, timeToFirstTokenMs, passages } = record;
  const steps = stages.filter((stage) => stage.outcome !== 'skipped').length;
  return (
    <>
      <p class="details-summary">
        {words.summary(steps, format.duration(durationMs))}{' '}
        {timeToFirstTokenMs !== undefined && words.firstWord(format.duration(timeToFirstTokenMs))}
      </p>
      <WaterfallTable record={record} />
      <Facts record={record} />
      <PassageList passages={passages} onOpen={onOpenPassage} />
      <TraceBox record={record} />
    </>
  );
}

interface RecordViewProps {
  readonly record: AnswerView;
  readonly onOpenPassage: (passage: PassageView) => void;
}

/** Why there is nothing to draw yet, or ever. */
function DetailsWithoutRecord({ turn }: { readonly turn: Turn | undefined }) {
  const { words, conversation } = usePage();
  if (turn === undefined) return <PathPreview />;
  if (isRunning(turn)) return <p class="details-summary">{words.detailsRunning}</p>;
  if (turn.answerId === undefined) return <p class="details-summary">{words.detailsNone}</p>;
  if (turn.recordStatus !== 'missing') return <p class="details-summary">{words.detailsLoading}</p>;
  return (
    <>
      <p class="details-summary">{words.detailsMissing}</p>
      <button type="button" class="button" onClick={() => void conversation.loadRecord(turn.id)}>
        {words.retry}
      </button>
    </>
  );
}

/** Before the first question: the way every question goes. */
function PathPreview() {
  const { words } = usePage();
  return (
    <>
      <p class="details-summary">{words.detailsEmpty}</p>
      <ol class="path">
        {Object.entries(words.path).map(([stage, description]) => (
          <li key={stage} data-stage={stage}>
            <b>{words.stages[stage]}</b>
            <span>{description}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
