import type { PageStorage } from './browser-storage.ts';
import type { KeyHolder } from './gateway-store.ts';

const KEY = 'glassgate.api-key';

/** Keeps the API key of this tab for as long as the tab lives. */
export function createKeyHolder(storage: PageStorage): KeyHolder {
  return {
    get: () => storage.getItem(KEY) ?? undefined,
    set: (key) => (key === undefined ? storage.removeItem(KEY) : storage.setItem(KEY, key)),
  };
}
