import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GUARD_VERSION } from '../guardrail/rules.ts';
import { judgePassage } from '../guardrail/text-guard.ts';
import { openCorpus } from '../retrieval/corpus.ts';
import { ingestFolder } from '../retrieval/ingest-folder.ts';
import { log } from '../telemetry/log.ts';
import { ATTRIBUTES } from '../telemetry/vocabulary.ts';

/** Collection name of the project's own handbook. */
const COLLECTION = 'handbook';
const HANDBOOK_FOLDER = join(import.meta.dirname, '../../docs');
/** Quarantined passages that get a line of their own; all are counted. */
const MOST_NAMED = 50;
const LANGUAGES = ['en', 'zh'];

/** Brings the index up to date with the handbook, before any worker opens it for reading. */
export async function ingestHandbook(storageFolder: string, folder: string = HANDBOOK_FOLDER): Promise<void> {
  const startedAt = performance.now();
  const corpus = openCorpus(join(storageFolder, 'corpus.db'));
  try {
    const languages = LANGUAGES.filter((language) => existsSync(join(folder, language)));
    const { quarantined, ...counts } = await ingestFolder(corpus, {
      collection: COLLECTION,
      folder,
      languages,
      // Whoever writes the handbook ships the program as well.
      trust: 'trusted',
      guard: { version: GUARD_VERSION, judge: judgePassage },
    });
    for (const { id, rule } of quarantined.slice(0, MOST_NAMED))
      log.warn('corpus.quarantined', { collection: COLLECTION, [ATTRIBUTES.PASSAGE_ID]: id, rule });
    log.info('corpus.ingested', {
      collection: COLLECTION,
      ...counts,
      quarantined: quarantined.length,
      duration_ms: Math.round(performance.now() - startedAt),
    });
  } finally {
    corpus.close();
  }
}
