import { describe, expect, it } from 'vitest';
import { createTextCutter } from './text-cutter.ts';

/** Tokens that are bytes. */
const detokenize = (tokens: readonly number[]): string => Buffer.from(tokens).toString('utf8');

function cut(
  text: string,
  stop: readonly string[] = [],
): { pieces: string[]; rest: string; stopped: boolean } {
  const cutter = createTextCutter({ detokenize }, stop);
  const pieces = [...Buffer.from(text)].map((token) => cutter.add(token));
  return { pieces, rest: cutter.rest(), stopped: cutter.hasStopped() };
}

describe('createTextCutter', () => {
  it('gives each token at once when nothing is to be held back', () => {
    expect(cut('ab c')).toEqual({ pieces: ['a', 'b', ' ', 'c'], rest: '', stopped: false });
  });

  it('waits for a whole character', () => {
    expect(cut('网!')).toEqual({ pieces: ['', '', '网', '!'], rest: '', stopped: false });
  });

  it('ends before a stop text, whose beginning is never given', () => {
    expect(cut('one END two', ['END', '###'])).toEqual({
      pieces: ['', '', 'o', 'n', 'e', ' ', '', '', '', '', ''],
      rest: '',
      stopped: true,
    });
  });

  it('gives what was held back when the answer ends otherwise', () => {
    expect(cut('one EN', ['END'])).toEqual({
      pieces: ['', '', 'o', 'n', 'e', ' '],
      rest: 'EN',
      stopped: false,
    });
  });
});
