import { join } from 'node:path';

/** Path of one of the gateway's SQLite files in the data folder: `answers` and feedback, or API keys (`access`). */
export function dataFile(folder: string, name: 'answers' | 'access'): string {
  return join(folder, `${name}.db`);
}
