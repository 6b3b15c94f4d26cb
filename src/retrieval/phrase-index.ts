import type { Database } from 'better-sqlite3';
import { isPaired } from './terms.ts';

/** A passage that has a phrase. */
interface PhraseHit {
  readonly key: number;
  readonly language: string;
}

/** A phrase as the index knows it. */
export interface IndexedPhrase {
  readonly terms: readonly string[];
  /** Inverse document frequency as in bm25: the rarer the phrase, the higher. */
  readonly weight: number;
  /** Whether it is only the beginning of a term. */
  readonly isPrefix: boolean;
  readonly hits: readonly PhraseHit[];
}

/** A concept of the question as the index knows it. */
export interface IndexedConcept {
  readonly own: IndexedPhrase;
  readonly alternatives: readonly IndexedPhrase[];
}

/** Looks phrases up in one collection, and remembers them until the corpus changes. */
export interface PhraseIndex {
  find(phrase: string): IndexedPhrase;
  /** Mean length of a passage's terms, in characters. */
  readonly meanLength: number;
}

/** Hits remembered altogether: enough for a handbook's vocabulary; past it the memory starts again. */
const MOST_REMEMBERED_HITS = 200_000;
const MOST_REMEMBERED_PHRASES = 4_096;
/** What a phrase weighs that more than half of the passages have. */
const LEAST_WEIGHT = 1e-6;
/** A shorter beginning of a word would find too much that only looks alike. */
const SHORTEST_PREFIX = 4;

/** Makes the lookup for a collection as it is now. */
export function createPhraseIndex(database: Database, collection: string): PhraseIndex {
  const { passages, meanLength } = database
    .prepare<[string], { passages: number; meanLength: number | null }>(
      'SELECT count(*) AS passages, avg(length(text_terms)) AS meanLength FROM passages WHERE collection = ?',
    )
    .get(collection)!;
  const having = database.prepare<[string, string], PhraseHit>(
    `SELECT key, language FROM passage_index JOIN passages ON key = passage_index.rowid
     WHERE passage_index MATCH ? AND collection = ?`,
  );
  const remembered = new Map<string, IndexedPhrase>();
  let hitCount = 0;

  const look = (phrase: string): IndexedPhrase => {
    const terms = phrase.split(' ');
    for (const { match, isPrefix } of waysToAsk(terms)) {
      const hits = having.all(match, collection);
      if (hits.length > 0) return { terms, weight: inverseFrequency(hits.length, passages), isPrefix, hits };
    }
    return { terms, weight: inverseFrequency(0, passages), isPrefix: false, hits: [] };
  };
  const find = (phrase: string): IndexedPhrase => {
    const known = remembered.get(phrase);
    if (known !== undefined) return known;
    const found = look(phrase);
    if (remembered.size >= MOST_REMEMBERED_PHRASES || hitCount >= MOST_REMEMBERED_HITS) {
      remembered.clear();
      hitCount = 0;
    }
    remembered.set(phrase, found);
    hitCount += found.hits.length;
    return found;
  };
  return { find, meanLength: meanLength ?? 1 };
}

/** The phrase itself; a lone Chinese character always, a longer word found nowhere also, as the beginning of a term. */
function waysToAsk(terms: readonly string[]): { match: string; isPrefix: boolean }[] {
  const exact = { match: `"${terms.join(' ').replaceAll('"', '""')}"`, isPrefix: false };
  const prefix = { match: `${exact.match}*`, isPrefix: true };
  const [term = ''] = terms;
  if (terms.length > 1) return [exact];
  if (isPaired(term)) return Array.from(term).length === 1 ? [prefix] : [exact];
  return term.length >= SHORTEST_PREFIX ? [exact, prefix] : [exact];
}

function inverseFrequency(found: number, passages: number): number {
  return Math.max(LEAST_WEIGHT, Math.log((passages - found + 0.5) / (found + 0.5)));
}
