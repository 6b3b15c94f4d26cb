import { pruneAnswers } from '../answers/prune-answers.ts';
import { dataFile } from '../storage/data-file.ts';
import { log } from '../telemetry/log.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What is pruned. */
export interface DailyPruneOptions {
  readonly folder: string;
  readonly retentionDays: () => number;
  readonly ending: AbortSignal;
}

/** Deletes answers past their retention now and once a day, until the gateway ends. */
export function startDailyPrune({ folder, retentionDays, ending }: DailyPruneOptions): void {
  const prune = () => void pruneOnce(folder, retentionDays(), ending);
  prune();
  const timer = setInterval(prune, DAY_MS);
  ending.addEventListener('abort', () => clearInterval(timer), { once: true });
}

async function pruneOnce(folder: string, olderThanDays: number, signal: AbortSignal): Promise<void> {
  try {
    const pruned = await pruneAnswers({ path: dataFile(folder, 'answers'), olderThanDays, signal });
    log.info('answers.pruned', { answers: pruned.answers, orphaned_feedback: pruned.orphanedFeedback });
  } catch (error) {
    // Tried again tomorrow; a file that cannot be written shows in `glassgate.answers.not_recorded` long before.
    if (!signal.aborted)
      log.error('answers.pruned', { 'error.message': error instanceof Error ? error.message : '' });
  }
}
