import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { SourceTrust } from '../domain/passage.ts';
import type { Corpus } from './corpus.ts';
import {
  createDocumentWriter,
  type DocumentDraft,
  type PassageJudge,
  type QuarantinedPassage,
} from './document-writer.ts';

/** Which folder becomes which collection. */
export interface IngestFolderOptions {
  readonly collection: string;
  /** Holds one folder of Markdown files for each language: `<folder>/en/…/page.md`. */
  readonly folder: string;
  readonly languages: readonly string[];
  /** What `source` of a passage begins with; by default the folder's own name. */
  readonly sourcePrefix?: string;
  /** How far whoever writes into the folder is trusted; by default not at all. */
  readonly trust?: SourceTrust;
  /** Judges each passage as it is read in; `version` changes when its verdicts may. */
  readonly guard?: { readonly version: string; readonly judge: PassageJudge };
}

/** What an ingest did, in documents; `passages` is how many the collection has now, quarantined ones included. */
export interface IngestCounts {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly removed: number;
  /** Files left out because they are larger than a page can be. */
  readonly skipped: number;
  readonly passages: number;
  /** Passages among them that the guard blocked. */
  readonly quarantined: readonly QuarantinedPassage[];
}

/** A page of a handbook is some kilobytes; what is larger than this is no page. */
const LARGEST_DOCUMENT_BYTES = 2 * 1024 * 1024;
/** Part of every document's hash: raise it when cutting or indexing changes, and every page is indexed again. */
const INDEX_FORMAT = '2';

/**
 * Brings a collection up to date with a folder of Markdown: what is new or changed is indexed, one transaction
 * for each document, what is gone is removed, what has the same content is not touched.
 */
export async function ingestFolder(corpus: Corpus, options: IngestFolderOptions): Promise<IngestCounts> {
  const writer = createDocumentWriter(corpus, options.collection, options.guard?.judge);
  const known = writer.hashes();
  const counts = { added: 0, changed: 0, unchanged: 0, removed: 0, skipped: 0 };
  for (const language of options.languages) {
    for (const path of await markdownFiles(join(options.folder, language))) {
      const document = await readDocument(path, language, options);
      if (document === undefined) {
        counts.skipped += 1;
        continue;
      }
      const before = known.get(document.id);
      known.delete(document.id);
      if (before === document.hash) counts.unchanged += 1;
      else {
        writer.replace(document);
        counts[before === undefined ? 'added' : 'changed'] += 1;
      }
    }
  }
  for (const id of known.keys()) writer.remove(id);
  return {
    ...counts,
    removed: known.size,
    passages: writer.countPassages(),
    quarantined: writer.quarantined(),
  };
}

async function markdownFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function readDocument(
  path: string,
  language: string,
  { folder, sourcePrefix = basename(folder), trust = 'untrusted', guard }: IngestFolderOptions,
): Promise<DocumentDraft | undefined> {
  if ((await stat(path)).size > LARGEST_DOCUMENT_BYTES) return undefined;
  const markdown = await readFile(path, 'utf8');
  const place = relative(folder, path).split(sep).join('/');
  const source = `${sourcePrefix}/${place}`;
  const hash = createHash('sha256')
    .update([INDEX_FORMAT, trust, guard?.version ?? '', source, markdown].join('\n'))
    .digest('hex');
  return { id: place.replace(/\.md$/, ''), language, source, hash, trust, markdown };
}
