import type { Failure } from '../api/api-error.ts';
import type { Turn } from '../conversation/turn.ts';
import type { Dictionary } from '../language/dictionary.ts';
import { usePage } from './page-context.ts';

/** The one sentence that says what went wrong. A guard writes its own, in the language of the question. */
export function sentenceOf(failure: Failure, words: Dictionary): string {
  const own = failure.code.endsWith('_blocked') ? failure.message : '';
  return own || words.errors[failure.code] || failure.message || words.errorUnknown;
}

/** A blocked or failed turn: one sentence, the code, the request id to quote, and a way on. */
export function FailureNotice({ turn, failure, isBusy, onRetry }: FailureNoticeProps) {
  const { words } = usePage();
  const isBlocked = turn.status === 'blocked';
  const title = isBlocked ? words.blockedTitle : turn.text === '' ? words.failedTitle : words.failedMidway;
  return (
    <div class={isBlocked ? 'notice blocked' : 'notice failed'}>
      <p>
        <b>{title}</b> {sentenceOf(failure, words)}
      </p>
      <p class="notice-ids">
        <code>{failure.code}</code>
        {turn.requestId && (
          <span>
            {words.requestId} <code>{turn.requestId}</code>
          </span>
        )}
        {!isBlocked && (
          <button type="button" class="button" disabled={isBusy} onClick={onRetry}>
            {words.retry}
          </button>
        )}
      </p>
    </div>
  );
}

interface FailureNoticeProps {
  readonly turn: Turn;
  readonly failure: Failure;
  readonly isBusy: boolean;
  readonly onRetry: () => void;
}
