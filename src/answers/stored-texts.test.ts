import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerRecord } from './__fixtures__/answer-record.ts';
import { StoredTexts, type WrittenRecord } from './stored-texts.ts';

const HALF_HOUR_MS = 30 * 60 * 1000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_790_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const textsOf = ({ passages }: WrittenRecord) => passages.map(({ text }) => text);
const TEXTS = answerRecord().passages.map(({ text }) => text);

describe('texts that are stored', () => {
  it('are left out of later records, and of nothing else', () => {
    const stored = new StoredTexts();
    const record = answerRecord();
    const first = stored.leaveOut(record);
    stored.note(first);
    const second = stored.leaveOut(record);

    expect(first).toEqual(record);
    expect(textsOf(second)).toEqual([undefined, undefined]);
    expect({ ...second, passages: [] }).toEqual({ ...record, passages: [] });
    expect(second.passages.map(({ hash }) => hash)).toEqual(record.passages.map(({ hash }) => hash));
  });

  it('go with every record until one of them is known to be committed', () => {
    const stored = new StoredTexts();
    stored.leaveOut(answerRecord());
    expect(textsOf(stored.leaveOut(answerRecord()))).toEqual(TEXTS);
  });

  it('are sent again after half an hour, counted from when they were sent and not from when they were left out', () => {
    const stored = new StoredTexts();
    stored.note(stored.leaveOut(answerRecord()));
    vi.advanceTimersByTime(HALF_HOUR_MS - 1);
    const late = stored.leaveOut(answerRecord());
    vi.advanceTimersByTime(1);
    stored.note(late);

    expect(textsOf(late)).toEqual([undefined, undefined]);
    expect(textsOf(stored.leaveOut(answerRecord()))).toEqual(TEXTS);
  });

  it('are all sent again after something went wrong', () => {
    const stored = new StoredTexts();
    stored.note(stored.leaveOut(answerRecord()));
    stored.forget();
    expect(textsOf(stored.leaveOut(answerRecord()))).toEqual(TEXTS);
  });

  it('are remembered, but not without end', () => {
    const stored = new StoredTexts();
    stored.note(stored.leaveOut(answerRecord()));
    for (let n = 0; n < 4096; n += 1) {
      const [passage] = answerRecord().passages;
      if (passage !== undefined) stored.note(answerRecord({ passages: [{ ...passage, hash: `hash${n}` }] }));
    }
    expect(textsOf(stored.leaveOut(answerRecord()))).toEqual(TEXTS);
  });
});
