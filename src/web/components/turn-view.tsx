import type { PassageView } from '../api/answer-view.ts';
import { passagesOf } from '../details/passages-of.ts';
import { isRunning, type Turn } from '../conversation/turn.ts';
import { AnswerDetails } from './answer-details.tsx';
import { AnswerText } from './answer-text.tsx';
import { CopyButton } from './copy-button.tsx';
import { FeedbackOutcome, Thumbs, useFeedback } from './feedback-bar.tsx';
import { Icon } from './icons.tsx';
import { FailureNotice } from './notice.tsx';
import { usePage } from './page-context.ts';
import { SourceCards } from './source-cards.tsx';

/** How the details of an answer are reached: selected for the panel, or opened underneath on a narrow page. */
interface DetailsPlace {
  readonly isNarrow: boolean;
  readonly isShown: boolean;
  readonly onShow: () => void;
}

/** One question with its answer, its sources and everything a person can do with them. */
export function TurnView({ turn, isBusy, details, onOpenPassage }: TurnViewProps) {
  const { words, conversation } = usePage();
  const passages = passagesOf(turn);
  const openByNumber = (n: number) => {
    const passage = passages.find((candidate) => candidate.n === n);
    if (passage) onOpenPassage(passage);
  };
  return (
    <article class="turn" data-status={turn.status} data-turn={turn.id}>
      <h2 class="sr-only">{words.you}</h2>
      <p class="question">{turn.question}</p>
      <h2 class="sr-only">{words.answerOf}</h2>
      <div class="answer" aria-busy={isRunning(turn)}>
        {turn.text !== '' && <AnswerText text={turn.text} passages={passages} onCitation={openByNumber} />}
        <TurnProgress turn={turn} />
        {turn.failure && (
          <FailureNotice
            {...{ turn, isBusy }}
            failure={turn.failure}
            onRetry={() => void conversation.retry(turn.id)}
          />
        )}
        <SourceCards passages={passages} onOpen={onOpenPassage} />
      </div>
      {!isRunning(turn) && <TurnActions turn={turn} isBusy={isBusy} details={details} />}
      {details.isNarrow && details.isShown && (
        <div class="details-inline" id={`details-${turn.id}`}>
          <AnswerDetails turn={turn} onOpenPassage={onOpenPassage} />
        </div>
      )}
    </article>
  );
}

interface TurnViewProps {
  readonly turn: Turn;
  /** Another answer is under way: nothing can be asked again now. */
  readonly isBusy: boolean;
  readonly details: DetailsPlace;
  readonly onOpenPassage: (passage: PassageView) => void;
}

/** What is going on, or how the answer ended when it did not end by itself. */
function TurnProgress({ turn }: { readonly turn: Turn }) {
  const { words } = usePage();
  if (isRunning(turn)) {
    const word = turn.status === 'waiting' ? words.thinking : words.writing;
    return (
      <p class="progress">
        <span class="pulse" />
        {word}
      </p>
    );
  }
  if (turn.status === 'stopped') {
    return <p class="mark">{turn.text === '' ? words.stoppedEmpty : words.stopped}</p>;
  }
  return turn.finishReason === 'length' ? <p class="mark">{words.cutOff}</p> : null;
}

/** Thumbs, copy, ask again, and the time that leads to the details. */
function TurnActions({ turn, isBusy, details }: Omit<TurnViewProps, 'onOpenPassage'>) {
  const { words, conversation } = usePage();
  const { press, isOpen, setOpen } = useFeedback(turn);
  const canRate = turn.answerId !== undefined && turn.status !== 'failed';
  return (
    <div class="turn-foot">
      <div class="actions">
        {canRate && <Thumbs feedback={turn.feedback} onPress={press} />}
        {turn.text !== '' && <CopyButton text={turn.text} />}
        {(turn.status === 'answered' || turn.status === 'stopped') && (
          <button
            type="button"
            class="button"
            disabled={turn.superseded || isBusy}
            onClick={() => void conversation.ask(turn.question, turn.id)}
          >
            {turn.superseded ? words.askedAgain : words.askAgain}
          </button>
        )}
        <DetailsButton turn={turn} details={details} />
      </div>
      {canRate && <FeedbackOutcome turn={turn} isOpen={isOpen} setOpen={setOpen} />}
    </div>
  );
}

/** The time an answer took, which is also the way to where it went. */
function DetailsButton({ turn, details }: Pick<TurnViewProps, 'turn' | 'details'>) {
  const { words, format } = usePage();
  if (turn.answerId === undefined) return null;
  const outputTokens = (turn.usage ?? turn.record?.usage)?.outputTokens;
  const duration = turn.record && format.duration(turn.record.durationMs);
  const tokens = outputTokens !== undefined && words.tokensOut(outputTokens, format.number(outputTokens));
  const parts = details.isNarrow ? [duration] : [duration, tokens].filter(Boolean);
  const state = details.isNarrow
    ? { 'aria-expanded': details.isShown, 'aria-controls': `details-${turn.id}` }
    : { 'aria-pressed': details.isShown };
  return (
    <button type="button" class="details-button" {...state} onClick={details.onShow}>
      <span class={details.isNarrow ? 'details-label' : 'sr-only'}>
        {details.isNarrow ? words.detailsTitle : words.showDetails}
      </span>
      <span>{parts.join(' · ')}</span>
      {details.isNarrow && <Icon name="chevron" />}
    </button>
  );
}
