import { describe, expect, it } from 'vitest';
import { listOf, numberOf, objectOf, textOf, wordOf } from './json-fields.ts';

const ODD = [undefined, null, 0, '', 'text', true, [], [1], {}, { a: 1 }, NaN];

describe('json fields', () => {
  it('reads objects only', () => {
    expect(ODD.map(objectOf)).toEqual([{}, {}, {}, {}, {}, {}, {}, {}, {}, { a: 1 }, {}]);
  });

  it('reads lists only', () => {
    expect(ODD.map(listOf)).toEqual([[], [], [], [], [], [], [], [1], [], [], []]);
  });

  it('reads texts that are not empty', () => {
    expect(ODD.map(textOf).filter((text) => text !== undefined)).toEqual(['text']);
  });

  it('reads finite numbers, zero among them', () => {
    expect([...ODD, -1.5, Infinity].map(numberOf).filter((number) => number !== undefined)).toEqual([
      0, -1.5,
    ]);
  });

  it('reads words of the list only', () => {
    expect(['up', 'down', 'sideways', null, 1].map((word) => wordOf(word, ['up', 'down']))).toEqual([
      'up',
      'down',
      undefined,
      undefined,
      undefined,
    ]);
  });
});
