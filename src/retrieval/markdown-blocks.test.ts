import { describe, expect, it } from 'vitest';
import { sectionsOf } from './markdown-blocks.ts';

describe('sectionsOf', () => {
  it('cuts at headings and tells blocks apart', () => {
    const markdown = [
      '---',
      'title: front matter',
      '---',
      '# Slow answers',
      'First line',
      'second line.',
      '',
      '## What to *do* with `npm start` ##',
      '- one',
      '- two',
      '',
      '| a | b |',
      '|---|---|',
      '| 1 | 2 |',
    ].join('\n');
    expect(sectionsOf(markdown)).toEqual([
      { level: 0, heading: '', blocks: [] },
      {
        level: 1,
        heading: 'Slow answers',
        blocks: [{ kind: 'paragraph', lines: ['First line', 'second line.'] }],
      },
      {
        level: 2,
        heading: 'What to *do* with npm start',
        blocks: [
          { kind: 'list', lines: ['- one', '- two'] },
          { kind: 'table', lines: ['| a | b |', '|---|---|', '| 1 | 2 |'] },
        ],
      },
    ]);
  });

  it('keeps code whole: blank lines, headings and comments inside it are text', () => {
    const code = ['```sh', '# not a heading', '', '<!-- kept -->', 'npm start', '```'];
    const [section] = sectionsOf(['text', ...code, 'after <!-- dropped -->'].join('\n'));
    expect(section?.blocks).toEqual([
      { kind: 'paragraph', lines: ['text'] },
      { kind: 'code', lines: code },
      { kind: 'paragraph', lines: ['after'] },
    ]);
  });

  it('takes an unclosed fence to the end, and a longer fence around a shorter', () => {
    expect(sectionsOf('```\na\n\nb')[0]?.blocks).toEqual([{ kind: 'code', lines: ['```', 'a', '', 'b'] }]);
    const nested = ['````md', '```', 'x', '```', '````'];
    expect(sectionsOf(nested.join('\n'))[0]?.blocks).toEqual([{ kind: 'code', lines: nested }]);
  });

  it('reads Windows line ends, a byte order mark, and headings with links and marks', () => {
    expect(sectionsOf('\uFEFF# [Docs](x.md) **now** {#now}\r\ntext\r\n')[1]).toEqual({
      level: 1,
      heading: 'Docs now',
      blocks: [{ kind: 'paragraph', lines: ['text'] }],
    });
  });
});
