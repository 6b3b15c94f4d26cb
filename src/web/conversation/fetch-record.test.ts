import { describe, expect, it } from 'vitest';
import { readAnswerView } from '../api/answer-view.ts';
import { ApiError } from '../api/api-error.ts';
import { fetchRecord } from './fetch-record.ts';

const RECORD = readAnswerView({ answer_id: 'ans_1' });
const missing = new ApiError({ code: 'answer_not_found', message: '', status: 404 });

/** A source that throws what it is given, one thing per try, and then has the record. */
function sourceOf(...thrown: readonly Error[]) {
  const waits: number[] = [];
  let tries = 0;
  const getAnswer = () => {
    const error = thrown[tries++];
    return error ? Promise.reject(error) : Promise.resolve(RECORD);
  };
  const wait = (delayMs: number) => {
    waits.push(delayMs);
    return Promise.resolve();
  };
  return { source: { getAnswer, wait }, waits, tries: () => tries };
}

describe('fetchRecord', () => {
  it('reads a record that is there without waiting', async () => {
    const { source, waits } = sourceOf();
    expect(await fetchRecord(source, 'ans_1')).toBe(RECORD);
    expect(waits).toEqual([]);
  });

  it('waits for a record that is not there yet, longer each time', async () => {
    const { source, waits } = sourceOf(missing, missing, missing);
    expect(await fetchRecord(source, 'ans_1')).toBe(RECORD);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits).toHaveLength(3);
  });

  it('gives up after about a second', async () => {
    const { source, waits, tries } = sourceOf(...Array.from({ length: 20 }, () => missing));
    expect(await fetchRecord(source, 'ans_1')).toBeUndefined();
    const total = waits.reduce((sum, delayMs) => sum + delayMs, 0);
    expect(total).toBeGreaterThan(800);
    expect(total).toBeLessThan(1500);
    expect(tries()).toBe(waits.length + 1);
  });

  it.each([
    ['another refusal', new ApiError({ code: 'rate_limited', message: '', status: 429 })],
    ['a connection that broke', new TypeError('fetch failed')],
  ])('does not try again after %s', async (_name, error) => {
    const { source, tries } = sourceOf(error);
    expect(await fetchRecord(source, 'ans_1')).toBeUndefined();
    expect(tries()).toBe(1);
  });
});
