import { marked } from 'marked';
import { expect, test } from 'vitest';
import { escapeMarkdown, markdownLink } from './escape-markdown.ts';

test.each([
  '[click](https://evil.example)',
  '![x](https://evil.example/a.png)',
  '<a href="https://evil.example">x</a>',
  '`code` **bold** _em_ ~~gone~~',
  '\\[a\\](b)',
])('%s is shown and makes nothing', (text) => {
  const html = marked.parseInline(escapeMarkdown(text), { gfm: false }) as string;
  expect(html).not.toMatch(/<(?:a|img|code|strong|em|del)\b/);
});

test('a text stays on its line, mentions nobody and turns no direction around', () => {
  expect(escapeMarkdown('a\n# b @all \u202Ec\0')).toBe(String.raw`a \# b ＠all  c`);
});

test('links lead where they say, and only over HTTP', () => {
  expect(markdownLink('Go', 'https://a.example/x(1)?q=[b]')).toBe(
    '[Go](https://a.example/x%281%29?q=%5Bb%5D)',
  );
  for (const address of ['', 'javascript:alert(1)', 'https://user:word@a.example/', 'data:text/html,x'])
    expect(markdownLink('Go', address)).toBe('');
});
