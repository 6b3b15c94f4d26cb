/** The part of the browser's storage that the page uses. */
export type PageStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * A storage that never throws. Browsers refuse theirs when cookies are blocked (the very name throws) or when it is full;
 * what they refuse is kept in memory, so the page works on and only forgets with the tab.
 */
export function createBrowserStorage(open: () => PageStorage): PageStorage {
  const memory = new Map<string, string>();
  const storage = attempt(open);
  return {
    getItem: (name) => memory.get(name) ?? attempt(() => storage?.getItem(name)) ?? null,
    setItem(name, value) {
      const isKept = attempt(() => {
        storage?.setItem(name, value);
        return storage !== undefined;
      });
      if (isKept) memory.delete(name);
      else memory.set(name, value);
    },
    removeItem(name) {
      memory.delete(name);
      attempt(() => storage?.removeItem(name));
    },
  };
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
