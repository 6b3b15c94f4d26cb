import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SECRET_BYTES = 32;
const FILE_NAME = 'instance-secret';

/**
 * The secret that signs sessions and answer ids: the configured text, or 32 random bytes made at the first start
 * and kept in the data folder. All processes that start together get the same one.
 */
export function loadInstanceSecret(dataFolder: string, configured?: string): Buffer {
  if (configured !== undefined) return createHash('sha256').update(configured).digest();
  const path = join(dataFolder, FILE_NAME);
  createOnce(path, dataFolder);
  requirePrivate(path);
  const secret = readFileSync(path);
  if (secret.length !== SECRET_BYTES) throw new Error(`${path} must hold exactly ${SECRET_BYTES} bytes.`);
  return secret;
}

/** A link to a finished file either takes the name or finds it taken: nobody ever reads half a secret. */
function createOnce(path: string, dataFolder: string): void {
  if (statSync(path, { throwIfNoEntry: false })) return;
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, randomBytes(SECRET_BYTES), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

function requirePrivate(path: string): void {
  if ((statSync(path).mode & 0o077) !== 0)
    throw new Error(
      `${path} can be read by other users: run chmod 600 on it, and remove it for a new one if they may have read it.`,
    );
}
