import { createHash } from 'node:crypto';
import { languageOf } from '../domain/language.ts';
import type {
  Passage,
  RetrievalQuery,
  RetrievalResult,
  Retriever,
  ScoredPassage,
} from '../domain/passage.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Corpus } from './corpus.ts';
import { createConceptIndex, type ConceptIndex } from './concept-index.ts';
import { createPhraseIndex } from './phrase-index.ts';
import { questionConcepts } from './question-concepts.ts';
import { rankPassages } from './rank-passages.ts';

const READ_PASSAGE = `
  SELECT document_id || '#' || position AS id, document_id AS documentId, title, source, position, hash, text,
    trust, verdict
  FROM passages WHERE key = ?`;

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
/** About a megabyte of text, of each collection. */
const MOST_REMEMBERED_PASSAGES = 1024;

/** Finds passages by words: the index finds each phrase, `rankPassages` puts the passages in order. */
export function createSqliteRetriever({ database }: Corpus): Retriever {
  const readPassage = database.prepare<[number], PassageRow>(READ_PASSAGE);
  const revision = database.prepare<[], { number: number }>('SELECT number FROM revision');
  const collections = database.prepare<[], { collection: string }>(
    'SELECT DISTINCT collection FROM documents ORDER BY collection',
  );
  const memoryOf = createRevisionMemory(
    () => revision.get()!.number,
    (collection) => createMemory(database, collection),
  );
  let knownCollections: readonly string[] = [];

  const read = (key: number, remembered: Map<number, Passage>): Passage => {
    const passage = remembered.get(key) ?? fromRow(readPassage.get(key)!);
    if (remembered.size >= MOST_REMEMBERED_PASSAGES) remembered.clear();
    remembered.set(key, passage);
    return passage;
  };
  const find = ({ text, collection, limit }: RetrievalQuery): ScoredPassage[] => {
    const { index, passages } = memoryOf(collection);
    const language = languageOf(text);
    const concepts = questionConcepts(text).map((concept) => index.find(concept, language));
    const ranked = rankPassages(concepts, { limit: Math.max(0, limit), keys: index.keys });
    return ranked.map(({ key, score }) => ({
      ...read(key, passages),
      score: Math.round(score * 10_000) / 10_000,
    }));
  };
  return {
    collections: () => {
      knownCollections = orElse(() => collections.all().map((row) => row.collection), knownCollections);
      return knownCollections;
    },
    corpusVersion: (collection) => orElse(() => memoryOf(collection).version(), 'unknown'),
    search: async (query, signal) => {
      signal.throwIfAborted();
      return orDegraded(() => find(query));
    },
  };
}

/** A passage with the guard's verdict as it is stored. */
type PassageRow = Omit<Passage, 'verdict'> & { readonly verdict: string | null };

function fromRow({ verdict, ...passage }: PassageRow): Passage {
  return verdict === null ? passage : { ...passage, verdict: JSON.parse(verdict) as Verdict };
}

/** What is made of a collection as it is now. */
interface CollectionMemory {
  readonly index: ConceptIndex;
  /** Passages that were found before, by key. */
  readonly passages: Map<number, Passage>;
  version(): string;
}

function createMemory(database: Corpus['database'], collection: string): CollectionMemory {
  let version: string | undefined;
  return {
    index: createConceptIndex(createPhraseIndex(database, collection)),
    passages: new Map(),
    version: () => (version ??= hashPassages(database, collection)),
  };
}

/** One hash over a collection's passages. */
function hashPassages(database: Corpus['database'], collection: string): string {
  const hashes = database.prepare<[string], { hash: string }>(
    'SELECT hash FROM passages WHERE collection = ? ORDER BY document_id, position',
  );
  const hash = createHash('sha256');
  for (const row of hashes.iterate(collection)) hash.update(row.hash);
  return hash.digest('hex').slice(0, VERSION_LENGTH);
}

/** Remembers what is made of each collection, until the corpus is another revision. */
function createRevisionMemory<Value>(
  currentRevision: () => number,
  make: (collection: string) => Value,
): (collection: string) => Value {
  const remembered = new Map<string, Value>();
  let knownRevision = -1;
  return (collection) => {
    const number = currentRevision();
    if (number !== knownRevision || remembered.size >= MOST_REMEMBERED_COLLECTIONS) remembered.clear();
    knownRevision = number;
    const value = remembered.get(collection) ?? make(collection);
    remembered.set(collection, value);
    return value;
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
