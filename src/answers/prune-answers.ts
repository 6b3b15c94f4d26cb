import { setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { isBusy, openDatabase } from '../storage/open-database.ts';
import { USE_BEHIND_MS } from './passage-texts.ts';
import { ANSWER_MIGRATIONS } from './schema.ts';

/** What to delete from which file. */
export interface PruneOptions {
  readonly path: string;
  /** Answers older than this go, with their feedback; feedback of lost answers by its own age. */
  readonly olderThanDays: number;
  readonly now?: number;
  readonly signal?: AbortSignal;
}

/** How much was deleted; the texts of passages that only deleted answers had go without being counted. */
export interface PruneResult {
  readonly answers: number;
  /** Feedback whose answer was never stored. */
  readonly orphanedFeedback: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Small enough that a batch holds the write lock for milliseconds only. */
const BATCH_SIZE = 200;
const PAUSE_MS = 10;
const BUSY_PAUSE_MS = 100;

const DELETE_ANSWERS = `
  DELETE FROM answers WHERE answer_id IN (
    SELECT answer_id FROM answers WHERE created_at < ? ORDER BY created_at LIMIT ${BATCH_SIZE}
  ) RETURNING answer_id`;
const DELETE_FEEDBACK = 'DELETE FROM feedback WHERE answer_id = ?';
const DELETE_ORPHANS = `
  DELETE FROM feedback WHERE answer_id IN (
    SELECT answer_id FROM feedback
    WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM answers WHERE answers.answer_id = feedback.answer_id)
    LIMIT ${BATCH_SIZE}
  )`;
const DELETE_TEXTS = `
  DELETE FROM passage_texts WHERE hash IN (
    SELECT hash FROM passage_texts WHERE used_at < ? ORDER BY used_at LIMIT ${BATCH_SIZE}
  )`;

/**
 * Deletes what is past its retention, batch by batch with pauses, so that writers and this event loop go on.
 * The file does not shrink: its free pages are used again. Stops between batches when the signal says so.
 */
export async function pruneAnswers(options: PruneOptions): Promise<PruneResult> {
  const { path, olderThanDays, now = Date.now(), signal } = options;
  const cutoff = now - olderThanDays * DAY_MS;
  // No wait inside SQLite: it would hold the event loop. A locked database is tried again after a pause.
  const database = openDatabase({ path, migrations: ANSWER_MIGRATIONS, busyTimeoutMs: 0 });
  try {
    const answers = await repeat(createDeleteAnswers(database), cutoff, signal);
    const orphans = database.prepare<[number]>(DELETE_ORPHANS);
    const orphanedFeedback = await repeat((before) => orphans.run(before).changes, cutoff, signal);
    const texts = database.prepare<[number]>(DELETE_TEXTS);
    await repeat((before) => texts.run(before).changes, cutoff - USE_BEHIND_MS, signal);
    return { answers, orphanedFeedback };
  } finally {
    database.close();
  }
}

function createDeleteAnswers(database: Database.Database): (cutoff: number) => number {
  const deleteAnswers = database.prepare<[number], string>(DELETE_ANSWERS).pluck();
  const deleteFeedback = database.prepare<[string]>(DELETE_FEEDBACK);
  const batch = database.transaction((cutoff: number): number => {
    const deleted = deleteAnswers.all(cutoff);
    for (const answerId of deleted) deleteFeedback.run(answerId);
    return deleted.length;
  });
  return (cutoff) => batch.immediate(cutoff);
}

async function repeat(
  deleteBatch: (cutoff: number) => number,
  cutoff: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  let total = 0;
  for (;;) {
    const deleted = unlessBusy(() => deleteBatch(cutoff));
    total += deleted ?? 0;
    if (deleted !== undefined && deleted < BATCH_SIZE) return total;
    await pause(deleted === undefined ? BUSY_PAUSE_MS : PAUSE_MS, signal);
    if (signal?.aborted) return total;
  }
}

/** Undefined when another process holds the write lock. */
function unlessBusy(work: () => number): number | undefined {
  try {
    return work();
  } catch (error) {
    if (isBusy(error)) return undefined;
    throw error;
  }
}

/** Ends early, not with an error, when the signal comes. */
async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(durationMs, undefined, signal && { signal }).catch(() => undefined);
}
