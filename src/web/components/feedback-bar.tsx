import { useState } from 'preact/hooks';
import type { FeedbackState, Turn } from '../conversation/turn.ts';
import { FeedbackForm } from './feedback-form.tsx';
import { Icon } from './icons.tsx';
import { sentenceOf } from './notice.tsx';
import { usePage } from './page-context.ts';

/** The two thumbs of an answer: pressed again they take the rating back, and after a press there is room for why. */
export function useFeedback(turn: Turn) {
  const { conversation } = usePage();
  const [isOpen, setOpen] = useState(false);
  const { rating } = turn.feedback;
  function press(pressed: 'up' | 'down'): void {
    const next = rating === pressed ? null : pressed;
    setOpen(next === 'down');
    void conversation.rate(turn.id, { rating: next, comment: '', reasons: [] });
  }
  return { press, isOpen, setOpen };
}

/** The thumbs as two toggle buttons. */
export function Thumbs({ feedback, onPress }: ThumbsProps) {
  const { words } = usePage();
  const isUp = feedback.rating === 'up';
  const isDown = feedback.rating === 'down';
  return (
    <div class="thumbs" role="group" aria-label={words.feedbackGroup}>
      <button
        type="button"
        class="button thumb"
        aria-pressed={isUp}
        aria-label={words.helpful}
        onClick={() => onPress('up')}
      >
        <Icon name="thumb-up" />
        {isUp && <span>{words.helpful}</span>}
      </button>
      <button
        type="button"
        class="button thumb"
        aria-pressed={isDown}
        aria-label={words.notHelpful}
        onClick={() => onPress('down')}
      >
        <Icon name="thumb-down" />
        {isDown && <span>{words.notHelpful}</span>}
      </button>
    </div>
  );
}

interface ThumbsProps {
  readonly feedback: FeedbackState;
  readonly onPress: (pressed: 'up' | 'down') => void;
}

/** What became of the last press, and the form for reasons. */
export function FeedbackOutcome({ turn, isOpen, setOpen }: FeedbackOutcomeProps) {
  const { words, conversation } = usePage();
  const { feedback } = turn;
  const { rating } = feedback;
  return (
    <>
      <p class="feedback-status" role="status">
        <StatusWords feedback={feedback} />
        {rating !== null && !isOpen && !feedback.saving && (
          <button type="button" class="link" onClick={() => setOpen(true)}>
            {feedback.comment || feedback.reasons.length > 0 ? words.editNote : words.addNote}
          </button>
        )}
      </p>
      {rating !== null && isOpen && (
        <FeedbackForm
          key={rating}
          rating={rating}
          initial={feedback}
          onCancel={() => setOpen(false)}
          onSend={(note) => {
            setOpen(false);
            void conversation.rate(turn.id, { rating, ...note });
          }}
        />
      )}
    </>
  );
}

interface FeedbackOutcomeProps {
  readonly turn: Turn;
  readonly isOpen: boolean;
  readonly setOpen: (isOpen: boolean) => void;
}

/** Nothing is called saved before the gateway has said so. */
function StatusWords({ feedback }: { readonly feedback: FeedbackState }) {
  const { words } = usePage();
  if (feedback.failure) {
    const { code, requestId } = feedback.failure;
    return (
      <span class="warning">
        {words.feedbackRefused}: {sentenceOf(feedback.failure, words)} <code>{code}</code>{' '}
        {requestId && <code>{requestId}</code>}
      </span>
    );
  }
  if (!feedback.touched || feedback.saving) return null;
  return <span>{feedback.rating === null ? words.feedbackWithdrawn : words.feedbackSaved}</span>;
}
