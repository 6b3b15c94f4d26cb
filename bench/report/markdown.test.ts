import { describe, expect, test } from 'vitest';
import { putBetweenMarks, table } from './markdown.ts';

describe('table', () => {
  test('has its first column to the left and numbers to the right', () => {
    expect(
      table(
        ['', 'a', 'b'],
        [
          ['one', '1', '2'],
          ['two', '3', '4'],
        ],
      ),
    ).toBe('|  | a | b |\n| :-- | --: | --: |\n| one | 1 | 2 |\n| two | 3 | 4 |');
  });
});

describe('putBetweenMarks', () => {
  test.each(['<!-- bench:begin -->', '<!-- bench:begin (written by a command) -->'])(
    'replaces what stands after %s and keeps the rest',
    (begin) => {
      const before = `# Title\n\n${begin}\nold\n<!-- bench:end -->\n\nMore\n`;
      const after = `# Title\n\n${begin}\n\nnew $& text\n\n<!-- bench:end -->\n\nMore\n`;
      expect(putBetweenMarks(before, 'new $& text')).toBe(after);
      expect(putBetweenMarks(after, 'new $& text')).toBe(after);
    },
  );

  test('finds room between marks with nothing between them', () => {
    const marked = '<!-- bench:begin -->\n<!-- bench:end -->\n';
    expect(putBetweenMarks(marked, 'new')).toBe('<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\n');
  });

  test.each(['', 'no marks', '<!-- bench:begin -->\n', '<!-- bench:end -->\n<!-- bench:begin -->\n'])(
    'does not touch %j, which has no pair of marks',
    (document) => {
      expect(() => putBetweenMarks(document, 'new')).toThrow('there is no <!-- bench:begin -->');
    },
  );
});
