import type { Verdict } from './verdict.ts';

/** How far the one who wrote a document is trusted: whoever runs the gateway, or anybody. */
export type SourceTrust = 'trusted' | 'untrusted';

/** One piece of a document as the index holds it. */
export interface Passage {
  /** Stable id: `<document id>#<position>`. */
  readonly id: string;
  readonly documentId: string;
  /** Title of the document, and the heading the passage stands under when there is one. */
  readonly title: string;
  /** Where a person finds it: a path or a URL. */
  readonly source: string;
  /** Place in the document, counted from 0. */
  readonly position: number;
  /** SHA-256 of the text, hex: says whether the passage has changed since an answer quoted it. */
  readonly hash: string;
  readonly text: string;
  /** Of its document; absent reads as `untrusted`. */
  readonly trust?: SourceTrust;
  /** What the guard said when the document was read in; absent when it let the passage through. */
  readonly verdict?: Verdict;
}

/** A passage that answers a question, with how well: higher is better, 0 to 1. */
export interface ScoredPassage extends Passage {
  readonly score: number;
}

/** What a search gives back; `degraded` names why the list is empty or partial when something failed. */
export interface RetrievalResult {
  readonly passages: readonly ScoredPassage[];
  readonly degraded?: string;
}

/** A question to the index. */
export interface RetrievalQuery {
  readonly text: string;
  readonly collection: string;
  /** At most this many passages. */
  readonly limit: number;
}

/** Finds passages; in process today, over the wire when retrieval is its own service. */
export interface Retriever {
  /** Names of the collections that can be asked. */
  collections(): readonly string[];
  /** Version of the indexed text (a hash), kept with each answer. */
  corpusVersion(collection: string): string;
  search(query: RetrievalQuery, signal: AbortSignal): Promise<RetrievalResult>;
}
