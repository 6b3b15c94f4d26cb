import { createHash } from 'node:crypto';
import type { Passage, SourceTrust } from '../domain/passage.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Corpus } from './corpus.ts';
import { joinedTitle, passagesOfMarkdown } from './passages-of-markdown.ts';
import { indexTerms } from './terms.ts';

/** A document as read, before it is cut into passages. */
export interface DocumentDraft {
  readonly id: string;
  readonly language: string;
  readonly source: string;
  /** Over everything that decides what is indexed. */
  readonly hash: string;
  readonly trust: SourceTrust;
  readonly markdown: string;
}

/** Writes the documents of one collection, each in one transaction. */
export interface DocumentWriter {
  /** Content hash of every document the collection has, by id. */
  hashes(): Map<string, string>;
  replace(document: DocumentDraft): void;
  remove(documentId: string): void;
  countPassages(): number;
  /** Passages that the guard blocked when their documents were read in; they are found, and set aside. */
  quarantined(): readonly QuarantinedPassage[];
}

/** A passage the guard blocked, and by which rule. */
export interface QuarantinedPassage {
  readonly id: string;
  readonly rule: string;
}

/** Judges a passage that is read in; see `judgePassage` of the guard, which retrieval does not know. */
export type PassageJudge = (passage: Pick<Passage, 'title' | 'text' | 'trust'>) => Verdict;

/** The writing half of the index: the only SQL that changes it. */
export function createDocumentWriter(
  { database }: Corpus,
  collection: string,
  judge: PassageJudge = () => ({ action: 'allow' }),
): DocumentWriter {
  const documents = database.prepare<[string], { id: string; hash: string }>(
    'SELECT id, hash FROM documents WHERE collection = ?',
  );
  const passageCount = database.prepare<[string], { passages: number }>(
    'SELECT count(*) AS passages FROM passages WHERE collection = ?',
  );
  const quarantined = database.prepare<[string], QuarantinedPassage>(
    `SELECT document_id || '#' || position AS id, json_extract(verdict, '$.rule') AS rule
     FROM passages WHERE collection = ? AND json_extract(verdict, '$.action') = 'block'
     ORDER BY document_id, position`,
  );
  const putDocument = database.prepare('INSERT INTO documents (collection, id, hash) VALUES (?, ?, ?)');
  const putPassage = database.prepare(
    `INSERT INTO passages (collection, language, document_id, position, hash, source, title, text,
                           title_terms, heading_terms, text_terms, trust, verdict)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const putIndex = database.prepare(
    'INSERT INTO passage_index (rowid, title, heading, text) VALUES (?, ?, ?, ?)',
  );
  const deletions = [
    `DELETE FROM passage_index
     WHERE rowid IN (SELECT key FROM passages WHERE collection = ? AND document_id = ?)`,
    'DELETE FROM passages WHERE collection = ? AND document_id = ?',
    'DELETE FROM documents WHERE collection = ? AND id = ?',
  ].map((sql) => database.prepare<[string, string]>(sql));
  const raiseRevision = database.prepare('UPDATE revision SET number = number + 1');

  const remove = (documentId: string): void => {
    for (const deletion of deletions) deletion.run(collection, documentId);
    raiseRevision.run();
  };
  const replace = ({ id, language, source, hash, trust, markdown }: DocumentDraft): void => {
    remove(id);
    putDocument.run(collection, id, hash);
    for (const [position, { documentTitle, heading, text }] of passagesOfMarkdown(markdown, id).entries()) {
      const title = joinedTitle([documentTitle, heading]);
      const terms = [documentTitle, heading, text].map((part) => indexTerms(part).join(' '));
      const row = [collection, language, id, position, sha256(text), source, title, text, ...terms];
      const verdict = judge({ title, text, trust });
      const stored = verdict.action === 'allow' ? null : JSON.stringify(verdict);
      const { lastInsertRowid } = putPassage.run(...row, trust, stored);
      putIndex.run(lastInsertRowid, ...terms);
    }
  };
  return {
    hashes: () => new Map(documents.all(collection).map(({ id, hash }) => [id, hash])),
    replace: database.transaction(replace),
    remove: database.transaction(remove),
    quarantined: () => quarantined.all(collection),
    countPassages: () => passageCount.get(collection)!.passages,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
