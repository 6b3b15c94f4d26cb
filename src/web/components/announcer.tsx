import { useEffect, useRef, useState } from 'preact/hooks';
import { isRunning, type Turn } from '../conversation/turn.ts';
import type { Dictionary } from '../language/dictionary.ts';
import { plainText } from '../markdown/plain-text.ts';
import { sentenceOf } from './notice.tsx';
import { usePage } from './page-context.ts';

/** Tells a screen reader that an answer is under way and, once, what it was; never token by token. */
export function Announcer({ turn }: { readonly turn: Turn | undefined }) {
  const { words } = usePage();
  const [text, setText] = useState('');
  const followed = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (turn === undefined) return;
    if (isRunning(turn)) {
      followed.current = turn.id;
      setText(words.writing);
    } else if (followed.current === turn.id) {
      followed.current = undefined;
      setText(announcementOf(turn, words));
    }
  }, [turn?.id, turn?.status]);
  return (
    <div class="sr-only" role="status" aria-live="polite" data-announcer>
      {text}
    </div>
  );
}

function announcementOf(turn: Turn, words: Dictionary): string {
  if (turn.failure) return `${words.failedTitle}: ${sentenceOf(turn.failure, words)}`;
  if (turn.status === 'stopped') return words.stopped;
  return words.announceAnswer(plainText(turn.text));
}
