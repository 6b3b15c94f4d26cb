import { useEffect, useRef, useState } from 'preact/hooks';
import { isRunning, type Turn } from '../conversation/turn.ts';
import type { Dictionary } from '../language/dictionary.ts';
import { plainText } from '../markdown/plain-text.ts';
import { sentenceOf } from './notice.tsx';
import { usePage } from './page-context.ts';

/** Tells a screen reader that an answer is under way and, once, what it was; never token by token. */
export function Announcer({ turns }: { readonly turns: readonly Turn[] }) {
  const { words } = usePage();
  const [text, setText] = useState('');
  const followedId = useRef<string | undefined>(undefined);
  const running = turns.find(isRunning);
  useEffect(() => {
    const ended = turns.find((turn) => turn.id === followedId.current);
    followedId.current = running?.id;
    if (running) setText(words.writing);
    else if (ended) setText(announcementOf(ended, words));
    // Only a beginning or an end is told, not each change of the text.
  }, [running?.id]);
  return (
    <div class="sr-only" role="status" aria-live="polite" data-announcer>
      {text}
    </div>
  );
}

/** One utterance: how the answer ended, then what it says. */
function announcementOf(turn: Turn, words: Dictionary): string {
  const title = turn.status === 'blocked' ? words.blockedTitle : words.failedTitle;
  if (turn.failure) return `${title}: ${sentenceOf(turn.failure, words)}`;
  if (turn.status === 'stopped') return words.stopped;
  return words.announceAnswer(plainText(turn.text));
}
