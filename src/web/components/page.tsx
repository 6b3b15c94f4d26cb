import { useEffect, useRef, useState } from 'preact/hooks';
import type { PassageView } from '../api/answer-view.ts';
import { isRunning } from '../conversation/turn.ts';
import { AnswerDetails } from './answer-details.tsx';
import { Announcer } from './announcer.tsx';
import { Composer } from './composer.tsx';
import { ConversationView } from './conversation-view.tsx';
import { Header } from './header.tsx';
import { KeyForm } from './key-form.tsx';
import { OpenedDialog, type OpenedPassage } from './opened-dialog.tsx';
import { usePage, useStore } from './page-context.ts';
import { useMedia } from './use-media.ts';

/** Below this width the details of an answer stand under it instead of beside the conversation. */
const NARROW = '(max-width: 60rem)';

/** The page: header, conversation with the question box, and the details of one answer. */
export function Page({ onSwitchLanguage }: { readonly onSwitchLanguage: () => void }) {
  const { words, conversation, gateway } = usePage();
  const { turns, selectedId, dropped } = useStore(conversation);
  const { key } = useStore(gateway);
  const needsKey = key === 'wanted' || key === 'refused';
  const isNarrow = useMedia(NARROW);
  const [opened, setOpened] = useState<OpenedPassage>();
  const { field, draft, setDraft, ask, stop, clear } = useQuestionBox();
  const isBusy = turns.some(isRunning);
  const selected = turns.find((turn) => turn.id === selectedId) ?? turns.at(-1);
  const openIn = (turnId: string) => (passage: PassageView) =>
    setOpened({ turnId, id: passage.id, n: passage.n });
  useEscape(() => {
    if (isBusy && opened === undefined) stop();
  });
  return (
    <>
      <a class="skip" href={needsKey ? '#api-key' : '#question'}>
        {words.skipLink}
      </a>
      <Header onSwitchLanguage={onSwitchLanguage} onNew={turns.length === 0 ? undefined : clear} />
      <div class="columns">
        <main>
          <ConversationView {...{ turns, dropped, selected, isNarrow, openIn }} onAsk={ask} />
          {needsKey ? (
            <KeyForm />
          ) : (
            <Composer {...{ draft, field }} onDraft={setDraft} onAsk={ask} onStop={stop} running={isBusy} />
          )}
        </main>
        {!isNarrow && (
          <aside class="details">
            <AnswerDetails turn={selected} onOpenPassage={openIn(selected?.id ?? '')} />
          </aside>
        )}
      </div>
      <Announcer turns={turns} />
      <OpenedDialog opened={opened} onClose={() => setOpened(undefined)} />
    </>
  );
}

/** What is being written, and the commands after which the person writes on. */
function useQuestionBox() {
  const { conversation } = usePage();
  const [draft, setDraft] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const focus = () => field.current?.focus();
  const ask = (question: string) => {
    setDraft('');
    focus();
    void conversation.ask(question);
  };
  const stop = () => {
    conversation.stop();
    focus();
  };
  const clear = () => {
    conversation.clear();
    focus();
  };
  return { field, draft, setDraft, ask, stop, clear };
}

/** Escape stops an answer wherever the focus is. */
function useEscape(onEscape: () => void): void {
  const latest = useRef(onEscape);
  latest.current = onEscape;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.isComposing) latest.current();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}
