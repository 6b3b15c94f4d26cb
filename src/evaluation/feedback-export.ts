import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { openForReading } from '../answers/answer-reader.ts';
import { type AnswerFilter, iterateAnswers } from '../answers/iterate-answers.ts';
import { runCommand, UsageError } from '../command/run-command.ts';
import { loadConfig } from '../config/load.ts';
import { dataFile } from '../storage/data-file.ts';
import { toEvaluationCase } from './evaluation-case.ts';
import { parseTime } from './parse-time.ts';

const USAGE = `Usage: npm run feedback:export -- [options]
  writes answers with their context and feedback as JSON lines, oldest first
  --since TIME, --until TIME     2026-11-01 (UTC) or 2026-11-01T08:30:00+08:00; until is not included
  --rating up|down|any|none      default: all answers
  --output FILE                  default: standard output
  --data FOLDER                  the data folder; default: the configured one`;
const RATINGS = ['up', 'down', 'any', 'none'] as const;
/** An export may read beside a busy gateway: it can wait. */
const BUSY_TIMEOUT_MS = 5000;

await runCommand({ usage: USAGE, run: runExport });

async function runExport(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      since: { type: 'string' },
      until: { type: 'string' },
      rating: { type: 'string' },
      output: { type: 'string' },
      data: { type: 'string' },
    },
  });
  const filter: AnswerFilter = {
    since: parseTime('--since', values.since),
    until: parseTime('--until', values.until),
    rating: parseRating(values.rating),
  };
  const path = dataFile(values.data ?? loadConfig().storage.folder, 'answers');
  if (!existsSync(path)) throw new Error(`There is no answer database at ${path}.`);
  const database = openForReading(path, BUSY_TIMEOUT_MS);
  try {
    await (values.output === undefined
      ? writeToStdout(linesOf(database, filter))
      : writeToFile(values.output, linesOf(database, filter)));
  } finally {
    database.close();
  }
}

function* linesOf(database: ReturnType<typeof openForReading>, filter: AnswerFilter): Generator<string> {
  for (const answer of iterateAnswers(database, filter))
    yield `${JSON.stringify(toEvaluationCase(answer))}\n`;
}

/** Whoever reads may stop early (`| head`): that is no failure. */
async function writeToStdout(lines: Iterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(lines), process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

/** Under another name until it is whole, so that half an export is never taken for one; readable by its owner only. */
async function writeToFile(file: string, lines: Iterable<string>): Promise<void> {
  const draft = `${file}.part`;
  try {
    await pipeline(Readable.from(lines), createWriteStream(draft, { mode: 0o600, flush: true }));
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function parseRating(text: string | undefined): AnswerFilter['rating'] {
  const rating = RATINGS.find((word) => word === text);
  if (text !== undefined && rating === undefined)
    throw new UsageError(`--rating must be one of ${RATINGS.join(', ')}.`);
  return rating;
}
