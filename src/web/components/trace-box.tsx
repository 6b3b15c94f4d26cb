import type { AnswerView } from '../api/answer-view.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icons.tsx';
import { usePage } from './page-context.ts';

/** The trace id to copy, and the way to the trace where the gateway knows one. */
export function TraceBox({ record: { traceId, traceUrl } }: { readonly record: AnswerView }) {
  const { words } = usePage();
  if (traceId === undefined) return null;
  return (
    <div class="trace">
      <span class="sr-only">{words.traceId}</span>
      <code title={traceId}>{shorten(traceId)}</code>
      <CopyButton text={traceId} label={words.copyTraceId} class="link" />
      {traceUrl && (
        <a class="link" href={traceUrl} target="_blank" rel="noopener noreferrer">
          {words.openTrace}
          <Icon name="outside" />
          <span class="sr-only">{` (${words.opensNewTab})`}</span>
        </a>
      )}
    </div>
  );
}

/** Both ends are what people compare. */
function shorten(traceId: string): string {
  return traceId.length <= 24 ? traceId : `${traceId.slice(0, 16)}…${traceId.slice(-6)}`;
}
