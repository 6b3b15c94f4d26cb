import { useRef, useState } from 'preact/hooks';
import type { FeedbackView } from '../api/answer-view.ts';
import { usePage } from './page-context.ts';

/** Codes as they are stored; their words are in the dictionaries. */
const REASONS = {
  down: ['wrong', 'incomplete', 'bad_sources', 'off_topic', 'unclear', 'unsafe'],
  up: ['correct', 'complete', 'good_sources', 'clear'],
} as const;

/** Half of what the gateway accepts, so that no comment typed here is ever refused for its length. */
const MAX_COMMENT_LENGTH = 2000;

/** Why an answer was good or bad: reasons to tick and a comment, both optional. */
export function FeedbackForm({ rating, initial, onSend, onCancel }: FeedbackFormProps) {
  const { words } = usePage();
  const [reasons, setReasons] = useState(initial.reasons);
  const comment = useRef<HTMLTextAreaElement>(null);
  const toggle = (reason: string) =>
    setReasons((before) =>
      before.includes(reason) ? before.filter((other) => other !== reason) : [...before, reason],
    );
  return (
    <form
      class="feedback-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ reasons, comment: comment.current?.value.trim() ?? '' });
      }}
    >
      <fieldset>
        <legend>{rating === 'down' ? words.reasonsTitleDown : words.reasonsTitleUp}</legend>
        {REASONS[rating].map((reason) => (
          <label key={reason} class="reason">
            <input type="checkbox" checked={reasons.includes(reason)} onChange={() => toggle(reason)} />
            {words.reasons[reason]}
          </label>
        ))}
      </fieldset>
      <textarea
        ref={comment}
        rows={2}
        maxLength={MAX_COMMENT_LENGTH}
        defaultValue={initial.comment}
        aria-label={words.comment}
        placeholder={words.comment}
      />
      <div class="feedback-actions">
        <button type="submit" class="primary">
          {words.send}
        </button>
        <button type="button" class="button" onClick={onCancel}>
          {words.notNow}
        </button>
      </div>
    </form>
  );
}

interface FeedbackFormProps {
  readonly rating: 'up' | 'down';
  readonly initial: FeedbackView;
  readonly onSend: (note: Pick<FeedbackView, 'reasons' | 'comment'>) => void;
  readonly onCancel: () => void;
}
