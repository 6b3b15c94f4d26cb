import type { Database } from 'better-sqlite3';
import type { PassageTerms } from './phrase-share.ts';
import { phraseShare } from './phrase-share.ts';
import { isPaired } from './terms.ts';

type FoundPassage = PassageTerms & { readonly key: number; readonly language: string };

/** Passages of one language that have a phrase. */
export interface PhraseHits {
  readonly language: string;
  /** Counted from 0 over all passages that were ever found: keys have gaps, places have none. */
  readonly places: Int32Array;
  /** How much each of them is about the phrase. */
  readonly shares: Float64Array;
}

/** A phrase as the index knows it. */
export interface IndexedPhrase {
  /** Inverse document frequency as in bm25: the rarer the phrase, the higher. */
  readonly weight: number;
  /** One entry per language; none when no passage has the phrase. */
  readonly hits: readonly PhraseHits[];
}

/** Looks phrases up in one collection, and remembers them until the corpus changes. */
export interface PhraseIndex {
  find(phrase: string): IndexedPhrase;
  /** Key of the passage at each place that was given out so far. */
  readonly keys: readonly number[];
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
  const having = database.prepare<[string, string], FoundPassage>(
    `SELECT key, language, title_terms AS titleTerms, heading_terms AS headingTerms, text_terms AS textTerms
     FROM passage_index JOIN passages ON key = passage_index.rowid WHERE passage_index MATCH ? AND collection = ?`,
  );
  const places = new Map<number, number>();
  const keys: number[] = [];
  const placeOf = (key: number): number => {
    const known = places.get(key);
    if (known !== undefined) return known;
    places.set(key, keys.length);
    return keys.push(key) - 1;
  };
  const remembered = new Map<string, IndexedPhrase>();
  let hitCount = 0;

  const look = (phrase: string): IndexedPhrase => {
    for (const { match, isPrefix } of waysToAsk(phrase)) {
      const found = having.all(match, collection);
      if (found.length === 0) continue;
      const shareOf = (terms: PassageTerms) => phraseShare(phrase, isPrefix, terms, meanLength ?? 1);
      const hits = [...Map.groupBy(found, ({ language }) => language)].map(([language, group]) => ({
        language,
        places: Int32Array.from(group, ({ key }) => placeOf(key)),
        shares: Float64Array.from(group, shareOf),
      }));
      return { weight: inverseFrequency(found.length, passages), hits };
    }
    return { weight: inverseFrequency(0, passages), hits: [] };
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
    hitCount += found.hits.reduce((count, { places: held }) => count + held.length, 0);
    return found;
  };
  return { find, keys };
}

/** The phrase itself; a lone Chinese character always, a longer word found nowhere also, as the beginning of a term. */
function waysToAsk(phrase: string): { match: string; isPrefix: boolean }[] {
  const exact = { match: `"${phrase.replaceAll('"', '""')}"`, isPrefix: false };
  const prefix = { match: `${exact.match}*`, isPrefix: true };
  if (phrase.includes(' ')) return [exact];
  if (isPaired(phrase)) return Array.from(phrase).length === 1 ? [prefix] : [exact];
  return phrase.length >= SHORTEST_PREFIX ? [exact, prefix] : [exact];
}

function inverseFrequency(found: number, passages: number): number {
  return Math.max(LEAST_WEIGHT, Math.log((passages - found + 0.5) / (found + 0.5)));
}
