import type { AnswerView } from '../api/answer-view.ts';
import { ApiError } from '../api/api-error.ts';

/** The record is written behind the answer, in batches: waits between the tries, together about a second. */
const RETRY_DELAYS_MS = [40, 80, 160, 300, 450];

/** Where the record comes from, and how to wait. */
export interface RecordSource {
  readonly getAnswer: (answerId: string) => Promise<AnswerView>;
  readonly wait: (delayMs: number) => Promise<void>;
}

/** Reads the record of an answer that has just ended; `undefined` when it does not turn up or cannot be read. */
export async function fetchRecord(
  { getAnswer, wait }: RecordSource,
  answerId: string,
): Promise<AnswerView | undefined> {
  for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
    try {
      return await getAnswer(answerId);
    } catch (thrown) {
      const mayCome = thrown instanceof ApiError && thrown.failure.status === 404;
      if (!mayCome || delayMs === undefined) return undefined;
      await wait(delayMs);
    }
  }
  return undefined;
}
