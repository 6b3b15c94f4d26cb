import { describe, expect, it } from 'vitest';
import { passagesOfMarkdown } from './passages-of-markdown.ts';

const sentence = (length: number): string => `${'word '.repeat(length / 5 - 1)}end.`;

describe('passagesOfMarkdown', () => {
  it('makes one passage of each chapter and titles it', () => {
    const markdown = '# Slow answers\n\nIntro.\n\n## Symptoms\n\nA page waits.\n\n## Causes\n\nThe model.';
    expect(passagesOfMarkdown(markdown, 'fallback')).toEqual([
      { documentTitle: 'Slow answers', heading: '', text: 'Intro.' },
      { documentTitle: 'Slow answers', heading: 'Symptoms', text: 'A page waits.' },
      { documentTitle: 'Slow answers', heading: 'Causes', text: 'The model.' },
    ]);
  });

  it('takes the given title when the document has none', () => {
    expect(passagesOfMarkdown('text', 'en/page')).toEqual([
      { documentTitle: 'en/page', heading: '', text: 'text' },
    ]);
  });

  it('joins short subsections to their chapter, under their heading', () => {
    const markdown = '# D\n## C\n### One\nfirst\n### Two\nsecond\n## E\nthird';
    expect(passagesOfMarkdown(markdown, '')).toEqual([
      { documentTitle: 'D', heading: 'C › One', text: 'first\n\n### Two\n\nsecond' },
      { documentTitle: 'D', heading: 'E', text: 'third' },
    ]);
  });

  it('keeps long subsections apart, with their chapter in the title', () => {
    const markdown = `# D\n## C\n${sentence(600)}\n### One\n${sentence(500)}`;
    expect(passagesOfMarkdown(markdown, '').map(({ heading }) => heading)).toEqual(['C', 'C › One']);
  });

  it('splits a long chapter at its paragraphs', () => {
    const paragraph = sentence(400);
    const markdown = `# D\n## C\n${[paragraph, paragraph, paragraph].join('\n\n')}`;
    const passages = passagesOfMarkdown(markdown, '');
    expect(passages.map(({ heading }) => heading)).toEqual(['C', 'C']);
    expect(passages.map(({ text }) => text)).toEqual([`${paragraph}\n\n${paragraph}`, paragraph]);
  });

  it('keeps a short lead with the beginning of the long table it introduces', () => {
    const row = `| ${'cell '.repeat(20)} |`;
    const table = ['| name |', '|---|', ...Array.from({ length: 12 }, () => row)].join('\n');
    const passages = passagesOfMarkdown(`# D\n## C\nThe settings are these.\n\n${table}`, '');
    expect(passages).toHaveLength(2);
    expect(passages[0]!.text).toMatch(/^The settings are these\.\n\n\| name \|\n/);
    expect(passages[1]!.text).toMatch(/^\| name \|\n/);
  });

  it('makes nothing of nothing', () => {
    expect(passagesOfMarkdown('', '')).toEqual([]);
    expect(passagesOfMarkdown('# Only a title', '')).toEqual([]);
  });
});
