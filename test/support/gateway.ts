import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { startGateway, type GatewayOptions, type RunningGateway } from '../../src/gateway.ts';
import { ingestFolder } from '../../src/retrieval/ingest-folder.ts';
import { openCorpus } from '../../src/retrieval/corpus.ts';

/** A gateway in this process behind a real socket, with its own data folder. */
export interface GatewayUnderTest extends RunningGateway {
  readonly url: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Small documents about which tests ask; enough to be found, few enough to read. */
export const TEST_DOCUMENTS = join(import.meta.dirname, '__fixtures__/documents');

/** Starts the whole gateway on a free loopback port. `settings` are environment variables. */
export async function startTestGateway(
  upstreamUrl: string,
  settings: Record<string, string> = {},
  options: GatewayOptions = {},
): Promise<GatewayUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-'));
  const corpus = openCorpus(join(folder, 'corpus.db'));
  await ingestFolder(corpus, {
    collection: 'handbook',
    folder: TEST_DOCUMENTS,
    languages: ['en', 'zh'],
    sourcePrefix: 'docs',
  });
  corpus.close();
  const config = loadConfig({
    GLASSGATE_SERVER_PORT: '0',
    GLASSGATE_STORAGE_FOLDER: folder,
    GLASSGATE_UPSTREAM_URL: upstreamUrl,
    ...settings,
  });
  const gateway = await startGateway(config, { idleGraceMs: 0, ...options });
  return {
    ...gateway,
    url: `http://127.0.0.1:${gateway.port}`,
    folder,
    async stop() {
      await gateway.drain();
      rmSync(folder, { recursive: true });
    },
  };
}
