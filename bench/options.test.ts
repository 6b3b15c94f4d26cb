import { describe, expect, test } from 'vitest';
import { parseOptions } from './options.ts';

describe('parseOptions', () => {
  test('without words is a full run that writes no file', () => {
    expect(parseOptions([])).toEqual({ quick: false, jsonFile: undefined, markdown: false });
  });

  test('reads every word it knows', () => {
    expect(parseOptions(['--quick', '--json', 'a.json', '--markdown'])).toEqual({
      quick: true,
      jsonFile: 'a.json',
      markdown: true,
    });
  });

  test.each([['--fast'], ['--json'], ['--quick=yes'], ['something']])('refuses %s', (word) => {
    expect(() => parseOptions([word])).toThrow(TypeError);
  });
});
