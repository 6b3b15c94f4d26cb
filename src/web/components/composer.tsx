import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { Icon } from './icons.tsx';
import { usePage } from './page-context.ts';

/** Longer questions would be refused by most models anyway; pasting a book should fail here, visibly. */
const MAX_QUESTION_LENGTH = 32_000;

/** Where a question is written: Enter sends, Shift+Enter makes a new line; while an answer runs, the button stops it. */
export function Composer({ draft, onDraft, onAsk, onStop, running, field }: ComposerProps) {
  const { words } = usePage();
  useLayoutEffect(() => fitHeight(field.current), [draft, field]);
  const send = () => {
    if (!running && draft.trim() !== '') onAsk(draft);
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="composer-box">
        <label class="sr-only" for="question">
          {words.question}
        </label>
        <textarea
          id="question"
          ref={field}
          rows={1}
          value={draft}
          maxLength={MAX_QUESTION_LENGTH}
          placeholder={words.placeholder}
          aria-describedby="question-keys"
          onInput={(event) => onDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            // Enter that picks a word in an input method is not a wish to send.
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        {running ? (
          <button type="button" class="primary" onClick={onStop}>
            <Icon name="stop" />
            {words.stop}
          </button>
        ) : (
          <button type="submit" class="primary" aria-disabled={draft.trim() === ''}>
            {words.ask}
          </button>
        )}
      </div>
      <p id="question-keys" class="composer-keys">
        {words.keys}
      </p>
    </form>
  );
}

interface ComposerProps {
  readonly draft: string;
  readonly onDraft: (draft: string) => void;
  readonly onAsk: (question: string) => void;
  readonly onStop: () => void;
  readonly running: boolean;
  readonly field: RefObject<HTMLTextAreaElement | null>;
}

/** As high as its text, up to the limit the style sheet sets. */
function fitHeight(field: HTMLTextAreaElement | null): void {
  if (field === null) return;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
