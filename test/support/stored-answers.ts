import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Ids of the answers that are in SQLite, read past the gateway: nothing that waits in a queue is among them. */
export function storedAnswerIds(folder: string): Set<string> {
  const database = new Database(join(folder, 'answers.db'), { readonly: true });
  try {
    return new Set(database.prepare<[], string>('SELECT answer_id FROM answers').pluck().all());
  } finally {
    database.close();
  }
}
