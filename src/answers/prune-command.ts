import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCommand, UsageError } from '../command/run-command.ts';
import { loadConfig } from '../config/load.ts';
import { dataFile } from '../storage/data-file.ts';
import { pruneAnswers } from './prune-answers.ts';

const USAGE = `Usage: npm run answers:prune -- [--older-than-days N] [--data FOLDER]
  deletes answers and feedback older than N days; default: the configured retention and data folder`;

await runCommand({ usage: USAGE, run: runPrune });

async function runPrune(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { 'older-than-days': { type: 'string' }, data: { type: 'string' } },
  });
  const { storage } = loadConfig();
  const path = dataFile(values.data ?? storage.folder, 'answers');
  if (!existsSync(path)) throw new Error(`There is no answer database at ${path}.`);
  const olderThanDays = parseDays(values['older-than-days']) ?? storage.retention_days;
  const { answers, orphanedFeedback } = await pruneAnswers({ path, olderThanDays });
  process.stdout.write(
    `Deleted ${answers} answers older than ${olderThanDays} days, and ${orphanedFeedback} ratings of answers never stored.\n`,
  );
}

function parseDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError('--older-than-days needs a whole number from 1 on.');
  return Number(text);
}
