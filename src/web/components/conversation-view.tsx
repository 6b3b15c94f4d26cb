import { useEffect, useRef, useState } from 'preact/hooks';
import type { PassageView } from '../api/answer-view.ts';
import { isRunning, type Turn } from '../conversation/turn.ts';
import { usePage } from './page-context.ts';
import { TurnView } from './turn-view.tsx';
import { Welcome } from './welcome.tsx';

/** How near the end counts as reading along. */
const NEAR_END_PX = 80;

/** The turns, following the answer as it grows unless the person has scrolled away. */
export function ConversationView({
  turns,
  dropped,
  selected,
  isNarrow,
  onAsk,
  openIn,
}: ConversationViewProps) {
  const { words, conversation } = usePage();
  const [expandedId, setExpandedId] = useState<string>();
  const scroller = useRef<HTMLDivElement>(null);
  const onScroll = useFollowing(scroller, turns.at(-1));
  const isBusy = turns.some(isRunning);
  const show = (turn: Turn) => {
    if (isNarrow) setExpandedId((before) => (before === turn.id ? undefined : turn.id));
    else conversation.select(turn.id);
    if (turn.recordStatus === 'absent') void conversation.loadRecord(turn.id);
  };
  return (
    <div
      class="scroller"
      ref={scroller}
      onScroll={onScroll}
      tabIndex={0}
      role="region"
      aria-label={words.conversation}
    >
      <div class="turns">
        {turns.length === 0 && <Welcome onAsk={onAsk} />}
        {dropped > 0 && <p class="mark">{words.dropped(dropped)}</p>}
        {turns.map((turn) => {
          const isShown = isNarrow ? expandedId === turn.id : selected?.id === turn.id;
          const details = { isNarrow, isShown, onShow: () => show(turn) };
          return (
            <TurnView
              key={turn.id}
              turn={turn}
              isBusy={isBusy}
              details={details}
              onOpenPassage={openIn(turn.id)}
            />
          );
        })}
      </div>
    </div>
  );
}

interface ConversationViewProps {
  readonly turns: readonly Turn[];
  readonly dropped: number;
  readonly selected: Turn | undefined;
  readonly isNarrow: boolean;
  readonly onAsk: (question: string) => void;
  readonly openIn: (turnId: string) => (passage: PassageView) => void;
}

/** Keeps the end in view while the person is there; a new question always brings it back. */
function useFollowing(
  scroller: { readonly current: HTMLElement | null },
  last: Turn | undefined,
): () => void {
  const isFollowing = useRef(true);
  useEffect(() => {
    isFollowing.current = true;
  }, [last?.id, isRunning(last) && last?.status === 'waiting']);
  useEffect(() => {
    if (isFollowing.current) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [last]);
  return () => {
    const element = scroller.current;
    if (element === null) return;
    isFollowing.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
  };
}
