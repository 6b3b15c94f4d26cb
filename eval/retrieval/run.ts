import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { QuestionResult } from './evaluate-retrieval.ts';
import {
  evaluateRetrieval,
  HIT_AT_3_FLOOR,
  indexHandbook,
  medianSearchMs,
  readQuestions,
  scoreOf,
  staleExpectations,
} from './evaluate-retrieval.ts';

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));
const QUESTIONS = new URL('questions.jsonl', import.meta.url);

const { values } = parseArgs({ options: { json: { type: 'string' }, questions: { type: 'string' } } });
const questions = await readQuestions(values.questions ?? QUESTIONS);
const { retriever, passages } = await indexHandbook(DOCS);
const stale = staleExpectations(questions, passages);
const results = await evaluateRetrieval(questions, retriever);
const searchMs = await medianSearchMs(questions, retriever);
const all = scoreOf(results);

print(
  `${questions.length} questions, ${passages.length} passages, ${searchMs.toFixed(2)} ms a search (median)\n`,
);
print(row(['', 'questions', 'hit@1', 'hit@3', 'MRR']));
for (const [name, part] of partsOf(results)) print(scoreRow(name, part));
const missed = results.filter(({ rank = Infinity }) => rank > 3);
if (missed.length > 0) print(`\nNot among the first three:`);
for (const miss of missed) print(missText(miss));
for (const place of stale) print(`\nNo passage stands at ${place}: it was renamed or removed.`);
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ score: all, results }, null, 2)}\n`);

const isGood = all.hitAt3 >= HIT_AT_3_FLOOR && stale.length === 0;
print(
  `\nhit@3 ${percent(all.hitAt3)}, at least ${percent(HIT_AT_3_FLOOR)} wanted: ${isGood ? 'good' : 'NOT GOOD'}`,
);
process.exitCode = isGood ? 0 : 1;

function partsOf(whole: readonly QuestionResult[]): [string, QuestionResult[]][] {
  const parts: [string, QuestionResult[]][] = [['all', [...whole]]];
  for (const [lang, language] of [
    ['en', 'English'],
    ['zh', 'Chinese'],
  ] as const) {
    const spoken = whole.filter(({ question }) => question.lang === lang);
    parts.push([language, spoken]);
    parts.push([`${language}, words of the text`, spoken.filter(({ question }) => !question.paraphrase)]);
    parts.push([`${language}, other words`, spoken.filter(({ question }) => question.paraphrase)]);
  }
  return parts;
}

function scoreRow(name: string, part: readonly QuestionResult[]): string {
  const { questions: count, hitAt1, hitAt3, meanReciprocalRank } = scoreOf(part);
  return row([name, String(count), percent(hitAt1), percent(hitAt3), meanReciprocalRank.toFixed(2)]);
}

function row([name = '', ...cells]: readonly string[]): string {
  return name.padEnd(28) + cells.map((cell) => cell.padStart(11)).join('');
}

function missText({ question, rank, found }: QuestionResult): string {
  const place = rank === undefined ? 'not found' : `rank ${rank}`;
  const lines = [
    `  wanted ${question.expect.join(' or ')}`,
    ...found.map((passage) => `  found  ${passage}`),
  ];
  return [`- ${question.id} (${place}): ${question.question}`, ...lines].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
