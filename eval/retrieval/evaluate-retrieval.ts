import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Passage, Retriever } from '../../src/domain/passage.ts';
import { openCorpus } from '../../src/retrieval/corpus.ts';
import { ingestFolder } from '../../src/retrieval/ingest-folder.ts';
import { createSqliteRetriever } from '../../src/retrieval/sqlite-retriever.ts';

const questionSchema = z.strictObject({
  id: z.string(),
  lang: z.enum(['en', 'zh']),
  /** Asked in other words than the text. */
  paraphrase: z.boolean(),
  question: z.string(),
  /** Pages, or `page#Heading`, any of which answers. */
  expect: z.array(z.string()).min(1),
});

/** One question about the handbook and where its answer stands. */
export type EvaluationQuestion = z.infer<typeof questionSchema>;

/** What retrieval found for one question. */
export interface QuestionResult {
  readonly question: EvaluationQuestion;
  /** Place of the first right passage, counted from 1; absent when none was among those looked at. */
  readonly rank?: number;
  /** Titles and sources of the first three, for a person to see what was taken for an answer. */
  readonly found: readonly string[];
}

/** Share of questions answered by the first passage, by one of the first three, and the mean of 1/rank. */
export interface RetrievalScore {
  readonly questions: number;
  readonly hitAt1: number;
  readonly hitAt3: number;
  readonly meanReciprocalRank: number;
}

/** The least share of questions whose right passage is among the first three. */
export const HIT_AT_3_FLOOR = 0.85;
const RANKS_LOOKED_AT = 10;

/** Reads the question file. */
export async function readQuestions(path: string | URL): Promise<EvaluationQuestion[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => questionSchema.parse(JSON.parse(line)));
}

/** An index of a handbook in memory. */
export async function indexHandbook(folder: string): Promise<{ retriever: Retriever; passages: Passage[] }> {
  const corpus = openCorpus(':memory:');
  await ingestFolder(corpus, {
    collection: 'handbook',
    folder,
    languages: ['en', 'zh'],
    sourcePrefix: 'docs',
  });
  const passages = corpus.database.prepare<[], Passage>('SELECT * FROM passages').all();
  return { retriever: createSqliteRetriever(corpus), passages };
}

/** Asks every question. */
export async function evaluateRetrieval(
  questions: readonly EvaluationQuestion[],
  retriever: Retriever,
): Promise<QuestionResult[]> {
  const results: QuestionResult[] = [];
  const { signal } = new AbortController();
  for (const question of questions) {
    const query = { text: question.question, collection: 'handbook', limit: RANKS_LOOKED_AT };
    const { passages } = await retriever.search(query, signal);
    const index = passages.findIndex((passage) => answers(question, passage));
    const found = passages.slice(0, 3).map(({ source, title }) => `${source} · ${title}`);
    results.push({ question, ...(index >= 0 && { rank: index + 1 }), found });
  }
  return results;
}

/** Time of one search, once the index has been asked before, as it is in a running worker. */
export async function medianSearchMs(
  questions: readonly EvaluationQuestion[],
  retriever: Retriever,
): Promise<number> {
  const times: number[] = [];
  const { signal } = new AbortController();
  for (const { question } of questions) {
    const start = performance.now();
    await retriever.search({ text: question, collection: 'handbook', limit: 4 }, signal);
    times.push(performance.now() - start);
  }
  return times.sort((left, right) => left - right)[Math.floor(times.length / 2)] ?? 0;
}

/** Expectations that no passage of the handbook can meet: a page or heading was renamed since. */
export function staleExpectations(
  questions: readonly EvaluationQuestion[],
  passages: readonly Pick<Passage, 'source' | 'title' | 'text'>[],
): string[] {
  const expected = [...new Set(questions.flatMap((question) => question.expect))];
  return expected.filter((place) => !passages.some((passage) => standsAt(place, passage)));
}

/** Sums up any part of the results. */
export function scoreOf(results: readonly QuestionResult[]): RetrievalScore {
  const share = (holds: (rank: number) => number): number =>
    results.reduce((sum, { rank }) => sum + (rank === undefined ? 0 : holds(rank)), 0) / results.length;
  return {
    questions: results.length,
    hitAt1: share((rank) => Number(rank === 1)),
    hitAt3: share((rank) => Number(rank <= 3)),
    meanReciprocalRank: share((rank) => 1 / rank),
  };
}

function answers(question: EvaluationQuestion, passage: Passage): boolean {
  return question.expect.some((place) => standsAt(place, passage));
}

/** A short subsection is part of the passage before it, where its heading stands in the text. */
function standsAt(
  place: string,
  { source, title, text }: Pick<Passage, 'source' | 'title' | 'text'>,
): boolean {
  const [page, ...rest] = place.split('#');
  const heading = rest.join('#');
  if (source !== page) return false;
  return heading === '' || title.split(' › ').includes(heading) || text.includes(`# ${heading}\n`);
}
