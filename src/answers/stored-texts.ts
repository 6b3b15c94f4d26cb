import type { AnswerRecord, UsedPassage } from '../domain/answer-record.ts';

/** A record on its way to the writer, without the texts that are stored already. */
export interface WrittenRecord extends Omit<AnswerRecord, 'passages'> {
  readonly passages: readonly WrittenPassage[];
}

/** A passage of it. */
export interface WrittenPassage extends Omit<UsedPassage, 'text'> {
  /** Absent: stored with an earlier answer. */
  readonly text?: string | undefined;
}

/** Sent again after this time, so that the database notes that the text is still in use (passage-texts.ts). */
const KNOWN_FOR_MS = 30 * 60 * 1000;
const MOST_KNOWN = 4096;

/**
 * Which texts of passages are known to be committed, by their hash: answers quote the same few again and again, and
 * handing all of them to the writer each time was a good part of what a record cost.
 */
export class StoredTexts {
  readonly #storedAt = new Map<string, number>();

  /** The record as it is to be written now. */
  leaveOut(record: AnswerRecord): WrittenRecord {
    const now = Date.now();
    return {
      ...record,
      passages: record.passages.map((passage) =>
        now - (this.#storedAt.get(passage.hash) ?? 0) < KNOWN_FOR_MS
          ? { ...passage, text: undefined }
          : passage,
      ),
    };
  }

  /** Takes note of a record that was committed as `leaveOut` gave it. */
  note({ passages }: WrittenRecord): void {
    for (const { hash, text } of passages) {
      if (text === undefined) continue;
      if (this.#storedAt.size >= MOST_KNOWN) this.#storedAt.clear();
      this.#storedAt.set(hash, Date.now());
    }
  }

  /** Nothing is known any more. */
  forget(): void {
    this.#storedAt.clear();
  }
}
