import type Database from 'better-sqlite3';
import type { WrittenPassage } from './stored-texts.ts';

/** The table that keeps each passage's text once, from the writer's side. */
export interface PassageTexts {
  /** Stores the texts that are not there, and notes the use of those that are. */
  keep(passages: readonly WrittenPassage[]): void;
  /** Runs a transaction: what it kept counts as stored only when it is committed. */
  during<Result>(transaction: () => Result): Result;
}

/** A text in use is noted once in this time, not with every answer; it comes here at least every half hour (stored-texts.ts). */
const USE_NOTED_EVERY_MS = 60 * 60 * 1000;
/** How far `used_at` may be behind. */
export const USE_BEHIND_MS = 2 * USE_NOTED_EVERY_MS;
const MOST_REMEMBERED = 4096;

const KEEP_TEXT = `
  INSERT INTO passage_texts VALUES (@hash, @text, @now)
  ON CONFLICT (hash) DO UPDATE SET used_at = max(used_at, excluded.used_at)`;

/** Prepares keeping for one connection. */
export function createPassageTexts(database: Database.Database): PassageTexts {
  const keepText = database.prepare(KEEP_TEXT);
  /** When each text's use was noted last, by hash. */
  const noted = new Map<string, number>();
  return {
    keep(passages) {
      const now = Date.now();
      for (const { hash, text } of passages) {
        if (text === undefined || now - (noted.get(hash) ?? 0) < USE_NOTED_EVERY_MS) continue;
        keepText.run({ hash, text, now });
        if (noted.size >= MOST_REMEMBERED) noted.clear();
        noted.set(hash, now);
      }
    },
    during(transaction) {
      try {
        return transaction();
      } catch (error) {
        // Rolled back, and with it what was noted in it.
        noted.clear();
        throw error;
      }
    },
  };
}
