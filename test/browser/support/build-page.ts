import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

/** The page, built apart from `dist/web` so that a running gateway is not disturbed. */
export interface BuiltPage extends Disposable {
  readonly folder: string;
}

const CONFIG_FILE = join(import.meta.dirname, '../../../vite.config.ts');

/** Builds the chat page as `npm start` does, into a folder of its own. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-page-'));
  await build({ configFile: CONFIG_FILE, build: { outDir: folder } });
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
