import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { StartFault } from './start-fault.ts';

/** Makes the data folder, readable by its owner only: it holds questions, answers and keys. */
export function createDataFolder(folder: string): void {
  try {
    const isNew = !existsSync(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // An umask may have added nothing, but a parent's default ACL can have.
    if (isNew) chmodSync(folder, 0o700);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new StartFault(
      `The data folder "${folder}" cannot be used (${reason}): set GLASSGATE_STORAGE_FOLDER.`,
      78,
    );
  }
}
