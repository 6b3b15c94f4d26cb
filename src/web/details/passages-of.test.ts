import { describe, expect, it } from 'vitest';
import { readAnswerView } from '../api/answer-view.ts';
import { newTurn } from '../conversation/turn.ts';
import { headingOf, passagesOf } from './passages-of.ts';

describe('passagesOf', () => {
  const sources = [2, 1].map((n) => ({ n, id: `s${n}`, title: 'T', source: 's.md', score: 0.5 }));

  it('gives what the stream named, by number, until the record is there', () => {
    expect(passagesOf({ ...newTurn('t', 'q'), sources }).map(({ id }) => id)).toEqual(['s1', 's2']);
  });

  it('gives the passages of the record, those set aside last', () => {
    const passages = [
      { n: null, id: 'aside' },
      { n: 2, id: 'two' },
      { n: 1, id: 'one' },
      { n: null, id: 'other' },
    ];
    const turn = { ...newTurn('t', 'q'), sources, record: readAnswerView({ passages }) };
    expect(passagesOf(turn).map(({ id }) => id)).toEqual(['one', 'two', 'aside', 'other']);
  });
});

describe('headingOf', () => {
  it.each([
    ['Guide › Setup › Ports', 'Ports'],
    ['Guide', 'Guide'],
    ['a > b', 'a > b'],
  ])('reads %j as %j', (title, heading) => {
    expect(headingOf(title)).toBe(heading);
  });
});
