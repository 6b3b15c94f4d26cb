import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCorpus } from '../retrieval/corpus.ts';
import { ingestFolder } from '../retrieval/ingest-folder.ts';
import { log } from '../telemetry/log.ts';

/** Collection name of the project's own handbook. */
const COLLECTION = 'handbook';
const HANDBOOK_FOLDER = join(import.meta.dirname, '../../docs');
const LANGUAGES = ['en', 'zh'];

/** Brings the index up to date with the handbook, before any worker opens it for reading. */
export async function ingestHandbook(storageFolder: string): Promise<void> {
  const startedAt = performance.now();
  const corpus = openCorpus(join(storageFolder, 'corpus.db'));
  try {
    const languages = LANGUAGES.filter((language) => existsSync(join(HANDBOOK_FOLDER, language)));
    const counts = await ingestFolder(corpus, { collection: COLLECTION, folder: HANDBOOK_FOLDER, languages });
    log.info('corpus.ingested', {
      collection: COLLECTION,
      ...counts,
      duration_ms: Math.round(performance.now() - startedAt),
    });
  } finally {
    corpus.close();
  }
}
