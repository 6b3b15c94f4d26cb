import { render } from 'preact';
import { createClient } from './api/client.ts';
import { createBrowserStorage } from './browser-storage.ts';
import { App } from './components/app.tsx';
import { createConversationStore } from './conversation/conversation-store.ts';
import { createGatewayStore } from './gateway-store.ts';
import { createKeyHolder } from './key-holder.ts';
import { chooseLanguage } from './language/choose-language.ts';

const LANGUAGE_KEY = 'glassgate.language';
/** After a reload the newest answers are read again from the gateway; older ones when they are looked at. */
const RECORDS_AFTER_RELOAD = 10;

const tabStorage = createBrowserStorage(() => sessionStorage);
const settings = createBrowserStorage(() => localStorage);
const keys = createKeyHolder(tabStorage);
const client = createClient({ apiKey: keys.get });
const gateway = createGatewayStore(client, keys);
const conversation = createConversationStore({
  client,
  gateway,
  storage: tabStorage,
  newId: () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`,
  wait: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
});

/** One after the other, newest first: what is looked at first comes first, and no burst hits a rate limit. */
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
    initialLanguage={chooseLanguage(settings.getItem(LANGUAGE_KEY), navigator.languages)}
    onLanguage={(language) => settings.setItem(LANGUAGE_KEY, language)}
  />,
  document.querySelector('#page') ?? document.body,
);
void gateway.refresh();
void loadKeptRecords();
