import { useEffect, useState } from 'preact/hooks';
import { copyText } from './copy-text.ts';
import { usePage } from './page-context.ts';

/** Long enough to be read, short enough not to be taken for a state. */
const SHOWN_MS = 2000;

/** A button that copies a text and says for a moment that it did. */
export function CopyButton({ text, label, class: className }: CopyButtonProps) {
  const { words } = usePage();
  const [outcome, setOutcome] = useState<'copied' | 'copyFailed' | undefined>();
  useEffect(() => {
    const timer = outcome && setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () => setOutcome((await copyText(text)) ? 'copied' : 'copyFailed');
  return (
    <>
      <button
        type="button"
        class={className ?? 'button'}
        aria-label={outcome ? undefined : label}
        onClick={() => void copy()}
      >
        {words[outcome ?? 'copy']}
      </button>
      <span class="sr-only" role="status">
        {outcome && words[outcome]}
      </span>
    </>
  );
}

interface CopyButtonProps {
  readonly text: string;
  /** Says what is copied, where the word alone does not. */
  readonly label?: string | undefined;
  readonly class?: string | undefined;
}
