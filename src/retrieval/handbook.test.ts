import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EvaluationQuestion } from '../../eval/retrieval/evaluate-retrieval.ts';
import {
  evaluateRetrieval,
  HIT_AT_3_FLOOR,
  indexHandbook,
  readQuestions,
  scoreOf,
  staleExpectations,
} from '../../eval/retrieval/evaluate-retrieval.ts';

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));
const QUESTIONS = new URL('../../eval/retrieval/questions.jsonl', import.meta.url);

let questions: EvaluationQuestion[];
let handbook: Awaited<ReturnType<typeof indexHandbook>>;
beforeAll(async () => {
  questions = await readQuestions(QUESTIONS);
  handbook = await indexHandbook(DOCS);
});

describe('retrieval over the handbook', () => {
  it('is asked 60 questions, half of them in each language, half of those in other words than the text', () => {
    const count = (lang: string, paraphrase: boolean): number =>
      questions.filter((question) => question.lang === lang && question.paraphrase === paraphrase).length;
    expect([count('en', false), count('en', true), count('zh', false), count('zh', true)]).toEqual([
      15, 15, 15, 15,
    ]);
    expect(new Set(questions.map(({ id }) => id)).size).toBe(60);
  });

  it('is asked only for passages that there are', () => {
    expect(staleExpectations(questions, handbook.passages)).toEqual([]);
  });

  it('has the right passage among the first three often enough', async () => {
    const results = await evaluateRetrieval(questions, handbook.retriever);
    expect(scoreOf(results).hitAt3).toBeGreaterThanOrEqual(HIT_AT_3_FLOOR);
  });

  it('would notice if it were not so', async () => {
    const nowhere = questions.map((question) => ({ ...question, expect: ['docs/en/nowhere.md'] }));
    expect(scoreOf(await evaluateRetrieval(nowhere, handbook.retriever)).hitAt3).toBe(0);
    expect(staleExpectations(nowhere, handbook.passages)).toEqual(['docs/en/nowhere.md']);
  });
});
