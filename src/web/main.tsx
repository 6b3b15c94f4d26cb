import { render } from 'preact';
import { createClient } from './api/client.ts';
import { App } from './components/app.tsx';
import { createConversationStore } from './conversation/conversation-store.ts';
import { createGatewayStore } from './gateway-store.ts';
import { createKeyHolder } from './key-holder.ts';
import { chooseLanguage } from './language/choose-language.ts';

const LANGUAGE_KEY = 'glassgate.language';
/** After a reload the newest answers are read again from the gateway; older ones when they are looked at. */
const RECORDS_AFTER_RELOAD = 10;

const keys = createKeyHolder(sessionStorage);
const client = createClient({ apiKey: keys.get });
const gateway = createGatewayStore(client, keys);
const conversation = createConversationStore({
  client,
  gateway,
  storage: sessionStorage,
  newId: () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`,
  wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
});

async function loadKeptRecords(): Promise<void> {
  for (const turn of conversation.getState().turns.slice(-RECORDS_AFTER_RELOAD).toReversed()) {
    await conversation.loadRecord(turn.id);
  }
}

addEventListener('pagehide', () => {
  // The browser is about to cut the answer off; told first, it counts as stopped and not as failed.
  conversation.stop();
  conversation.save();
});
addEventListener('focus', () => {
  if (gateway.getState().status === 'unreachable') void gateway.refresh();
});
render(
  <App
    conversation={conversation}
    gateway={gateway}
    initialLanguage={chooseLanguage(localStorage.getItem(LANGUAGE_KEY), navigator.languages)}
    onLanguage={(language) => localStorage.setItem(LANGUAGE_KEY, language)}
  />,
  document.querySelector('#page') ?? document.body,
);
void gateway.refresh();
void loadKeptRecords();
