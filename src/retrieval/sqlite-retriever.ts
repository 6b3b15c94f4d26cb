import { createHash } from 'node:crypto';
import type { RetrievalQuery, RetrievalResult, Retriever, ScoredPassage } from '../domain/passage.ts';
import { languageOf } from '../domain/language.ts';
import type { Corpus } from './corpus.ts';
import { questionTerms } from './question-terms.ts';
import type { TermWeight } from './term-weights.ts';
import { createTermWeights, LEAST_WEIGHT } from './term-weights.ts';

/** A word in a heading says more about a passage than the same word in its text. */
const TITLE_WEIGHT = 3;
/** A synonym is a guess at what was meant. */
const SYNONYM_WEIGHT = 0.4;
/** A page in the language of the question comes before its translation. */
const OTHER_LANGUAGE_WEIGHT = 0.5;
/** `k1 + 1` of FTS5's bm25: what one term adds at most, in units of its weight. */
const MOST_PER_WEIGHT = 2.2;

/** The inner query ranks by key alone, so that only the passages given back are read. */
const SEARCH = `
  SELECT passages.document_id AS documentId, position, hash, source, title, text, relevance
  FROM (
    SELECT passages.key AS key,
           sum(found.relevance) * CASE passages.language WHEN @language THEN 1 ELSE ${OTHER_LANGUAGE_WEIGHT} END
             AS relevance
    FROM (
      SELECT rowid AS key, -bm25(passage_index, ${TITLE_WEIGHT}, 1) AS relevance
      FROM passage_index WHERE passage_index MATCH @own
      UNION ALL
      SELECT rowid, -bm25(passage_index, ${TITLE_WEIGHT}, 1) * ${SYNONYM_WEIGHT}
      FROM passage_index WHERE passage_index MATCH @synonyms
    ) AS found
    JOIN passages ON passages.key = found.key
    WHERE passages.collection = @collection
    GROUP BY passages.key ORDER BY relevance DESC, passages.key LIMIT @limit
  ) AS best
  JOIN passages ON passages.key = best.key
  ORDER BY relevance DESC, passages.key`;

/** Names for what may fail, from the beginning of SQLite's error code. */
const DEGRADED_REASONS: readonly (readonly [string, string])[] = [
  ['SQLITE_BUSY', 'database_locked'],
  ['SQLITE_LOCKED', 'database_locked'],
  ['SQLITE_CORRUPT', 'database_corrupt'],
  ['SQLITE_NOTADB', 'database_corrupt'],
  ['SQLITE_IOERR', 'database_unreadable'],
];
/** Hex digits of the corpus version kept with each answer. */
const VERSION_LENGTH = 16;
/** Anyone may ask for a name that is no collection; those are not all remembered. */
const MOST_REMEMBERED_COLLECTIONS = 64;

interface SearchParameters {
  readonly language: string;
  readonly own: string;
  readonly synonyms: string;
  readonly collection: string;
  readonly limit: number;
}

type FoundRow = Omit<ScoredPassage, 'id' | 'score'> & { readonly relevance: number };

/**
 * Finds passages in a corpus by words. The score is the share of the highest bm25 that the question's own words
 * could reach: 1 would be a short passage that holds every one of them many times, in its heading too.
 */
export function createSqliteRetriever({ database }: Corpus): Retriever {
  const search = database.prepare<SearchParameters, FoundRow>(SEARCH);
  const revision = database.prepare<[], { number: number }>('SELECT number FROM revision');
  const collections = database.prepare<[], { collection: string }>(
    'SELECT DISTINCT collection FROM documents ORDER BY collection',
  );
  const weights = createTermWeights(database);
  const version = createVersionReader(database);
  let knownCollections: readonly string[] = [];

  const find = ({ text, collection, limit }: RetrievalQuery): ScoredPassage[] => {
    weights.refresh(revision.get()!.number);
    const terms = questionTerms(text);
    const own = terms.own.map((term) => weights.of(term));
    const synonyms = terms.synonymGroups.flat().map((term) => weights.of(term));
    const best = own.reduce((sum, { weight }) => sum + weight, 0) * MOST_PER_WEIGHT;
    return search
      .all({
        language: languageOf(text),
        own: expressionOf(own),
        synonyms: expressionOf(synonyms),
        collection,
        limit: Math.max(0, limit),
      })
      .map((row) => scored(row, best));
  };
  return {
    collections: () => {
      knownCollections = orElse(() => collections.all().map((row) => row.collection), knownCollections);
      return knownCollections;
    },
    corpusVersion: (collection) => orElse(() => version(collection, revision.get()!.number), 'unknown'),
    search: async (query, signal) => {
      signal.throwIfAborted();
      return orDegraded(() => find(query));
    },
  };
}

/**
 * Any of the terms. What more than half of the passages have is left out where something rarer is asked too:
 * it adds nothing to a rank and costs the most. A phrase without words finds nothing and is no syntax error.
 */
function expressionOf(terms: readonly TermWeight[]): string {
  const telling = terms.filter(({ weight }) => weight > LEAST_WEIGHT);
  const phrases = (telling.length > 0 ? telling : terms).flatMap(({ phrase }) => phrase ?? []);
  return phrases.length === 0 ? '""' : phrases.join(' OR ');
}

function scored({ relevance, ...row }: FoundRow, best: number): ScoredPassage {
  const score = Math.min(1, relevance / best);
  return { id: `${row.documentId}#${row.position}`, ...row, score: Math.round(score * 10_000) / 10_000 };
}

/** One hash over a collection's passages, made again only when the corpus has changed. */
function createVersionReader(database: Corpus['database']): (collection: string, revision: number) => string {
  const hashes = database.prepare<[string], { hash: string }>(
    'SELECT hash FROM passages WHERE collection = ? ORDER BY document_id, position',
  );
  const known = new Map<string, { readonly revision: number; readonly version: string }>();
  return (collection, revision) => {
    const before = known.get(collection);
    if (before?.revision === revision) return before.version;
    const hash = createHash('sha256');
    for (const row of hashes.iterate(collection)) hash.update(row.hash);
    const version = hash.digest('hex').slice(0, VERSION_LENGTH);
    if (known.size >= MOST_REMEMBERED_COLLECTIONS) known.clear();
    known.set(collection, { revision, version });
    return version;
  };
}

/** For what is only said beside an answer: a broken index does not stop it. */
function orElse<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** An answer without passages is worth more than no answer: what fails here is named, not thrown. */
function orDegraded(find: () => ScoredPassage[]): RetrievalResult {
  try {
    return { passages: find() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = DEGRADED_REASONS.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'search_failed';
    return { passages: [], degraded: reason };
  }
}
