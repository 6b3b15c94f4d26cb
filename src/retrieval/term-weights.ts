import type { Database } from 'better-sqlite3';
import { isPaired } from './terms.ts';

/** How much a term says, and how the index is asked for it. */
export interface TermWeight {
  /** Inverse document frequency as FTS5's bm25 counts it: the rarer the term, the higher. */
  readonly weight: number;
  /** FTS5 phrase that finds the term; absent when no passage has it. */
  readonly phrase?: string;
}

/** Weights of terms in one corpus, remembered until it changes. */
export interface TermWeights {
  of(term: string): TermWeight;
  /** Forgets everything when the corpus is no longer the revision it was. */
  refresh(revision: number): void;
}

/** Enough for the vocabulary of a handbook and its questions; past it the memory starts again. */
const MOST_REMEMBERED = 4_096;
/** What FTS5 gives a term that more than half of the passages have. */
export const LEAST_WEIGHT = 1e-6;
/** A shorter beginning of a word would find too much that only looks alike. */
const SHORTEST_PREFIX = 4;

/** Reads term weights from the index itself. */
export function createTermWeights(database: Database): TermWeights {
  const total = database.prepare<[], { passages: number }>('SELECT count(*) AS passages FROM passages');
  const having = database.prepare<[string], { passages: number }>(
    'SELECT count(*) AS passages FROM passage_index WHERE passage_index MATCH ?',
  );
  const remembered = new Map<string, TermWeight>();
  let knownRevision = -1;
  let passages = 0;

  const look = (term: string): TermWeight => {
    for (const phrase of phrasesFor(term)) {
      const found = having.get(phrase)!.passages;
      if (found > 0) return { weight: inverseFrequency(found, passages), phrase };
    }
    return { weight: inverseFrequency(0, passages) };
  };
  return {
    of: (term) => {
      const known = remembered.get(term);
      if (known !== undefined) return known;
      if (remembered.size >= MOST_REMEMBERED) remembered.clear();
      const weight = look(term);
      remembered.set(term, weight);
      return weight;
    },
    refresh: (revision) => {
      if (revision === knownRevision) return;
      remembered.clear();
      passages = total.get()!.passages;
      knownRevision = revision;
    },
  };
}

/** The term itself; a lone Chinese character, or a longer word found nowhere, also as the beginning of a word. */
function phrasesFor(term: string): string[] {
  const exact = `"${term.replaceAll('"', '""')}"`;
  if (isPaired(term)) return Array.from(term).length === 1 ? [`${exact}*`] : [exact];
  return term.length >= SHORTEST_PREFIX && !term.includes(' ') ? [exact, `${exact}*`] : [exact];
}

function inverseFrequency(found: number, passages: number): number {
  return Math.max(LEAST_WEIGHT, Math.log((passages - found + 0.5) / (found + 0.5)));
}
