import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderBlocks } from './render-blocks.ts';

const OPTIONS = {
  labels: { copy: 'Copy', source: (n: number) => `Source ${n}: "A & B"` },
  citations: new Set([1, 2, 3]),
};

const render = (markdown: string): string => renderBlocks(markdown, OPTIONS).join('').trim();
const citation = (n: number): string =>
  `<button type="button" class="citation" data-citation="${n}" ` +
  `aria-label="Source ${n}: &quot;A &amp; B&quot;" title="Source ${n}: &quot;A &amp; B&quot;">${n}</button>`;

describe('renderBlocks', () => {
  it('gives one block of HTML per block of Markdown', () => {
    const blocks = renderBlocks('One.\n\n- a\n- b\n\n```js\nx\n```\n\n| a |\n| - |\n| b |', OPTIONS);
    expect(blocks.map((block) => block.slice(0, 12))).toEqual([
      '<p>One.</p>\n',
      '<ul>\n<li>a</',
      '<div class="',
      '<div class="',
    ]);
  });

  it('leaves earlier blocks as they were while the text grows', () => {
    const text = '# Title\n\nFirst **paragraph** [1].\n\n1. one\n2. two\n\nLast `code` here.';
    for (let length = 1; length < text.length; length += 1) {
      const before = renderBlocks(text.slice(0, length), OPTIONS);
      const after = renderBlocks(text.slice(0, length + 1), OPTIONS);
      expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
    }
  });

  it('makes buttons of citations', () => {
    expect(render('Look here [1]. And [2][3].')).toBe(
      `<p>Look here ${citation(1)}. And ${citation(2)}${citation(3)}.</p>`,
    );
    expect(render('看这里[1，3]。')).toBe(`<p>看这里${citation(1)}${citation(3)}。</p>`);
  });

  it.each([
    ['a number that is no source', 'See [7].', '<p>See [7].</p>'],
    ['a list with one that is no source', 'See [1, 7].', '<p>See [1, 7].</p>'],
    ['code', '`list[1]`', '<p><code>list[1]</code></p>'],
    ['words', '[note] and [x1]', '<p>[note] and [x1]</p>'],
  ])('makes no citation of %s', (_name, markdown, html) => {
    expect(render(markdown)).toBe(html);
  });

  it('keeps a link whose text is a number', () => {
    expect(render('[1](https://example.org/a?b=c&d="e")')).toBe(
      '<p><a href="https://example.org/a?b=c&amp;d=&quot;e&quot;" target="_blank" rel="noopener noreferrer">1</a></p>',
    );
  });

  it('opens web links apart and drops links that lead nowhere from here', () => {
    expect(render('[a](https://example.org) [b](../other.md) [c](javascript:alert(1)) [d](#x)')).toBe(
      '<p><a href="https://example.org" target="_blank" rel="noopener noreferrer">a</a> b c d</p>',
    );
  });

  it('links pictures instead of loading them', () => {
    expect(render('![A chart](https://example.org/c.png) ![x](data:image/png;base64,AA)')).toBe(
      '<p><a href="https://example.org/c.png" target="_blank" rel="noopener noreferrer">A chart</a> x</p>',
    );
  });

  it('shows HTML as text', () => {
    expect(render('a <b onclick="x()">b</b>\n\n<script>alert(1)</script>')).toBe(
      '<p>a &lt;b onclick=&quot;x()&quot;&gt;b&lt;/b&gt;</p>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>',
    );
  });

  it('puts headings below those of the page', () => {
    expect(render('# One\n\n##### Five')).toBe('<h3>One</h3><h6>Five</h6>');
  });

  it('renders code with its language and a copy button', () => {
    expect(render('```sh title="x"\nnpm <start>\n```')).toBe(
      '<div class="code"><div class="code-head"><span>sh</span>' +
        '<button type="button" class="quiet" data-copy-code>Copy</button></div>' +
        '<pre tabindex="0"><code>npm &lt;start&gt;</code></pre></div>',
    );
  });

  it('renders tables that can be scrolled, with what is in their cells', () => {
    expect(render('| a | b |\n| - | - |\n| **x** | y [1] |')).toBe(
      '<div class="table" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead>' +
        `<tbody><tr><td><strong>x</strong></td><td>y ${citation(1)}</td></tr></tbody></table></div>`,
    );
  });

  it('renders task lists without form controls', () => {
    expect(render('- [x] done\n- [ ] open')).not.toContain('<input');
    expect(render('- [x] done\n- [ ] open')).toMatch(/☑ done[\s\S]*☐ open/);
  });

  it('never lets an answer make a tag of its own, whatever it says', () => {
    const piece = fc.constantFrom(
      '<script>',
      '"',
      "'",
      '&lt;',
      '<img src=x onerror=y>',
      '[',
      ']',
      '(',
      ')',
      '1',
      '`',
      '```',
      '\n\n',
      '|',
      '- ',
      '[1]',
      '](javascript:x)',
      '](https://e.org/"onx=")',
      '<!--',
      '\\<',
      '# ',
      '<a href="x">',
    );
    const known =
      /<\/?(?:p|a|button|code|pre|div|span|ul|ol|li|h3|h4|h5|h6|strong|em|del|br|hr|blockquote|table|thead|tbody|tr|th|td)(?: (?:href|target|rel|class|type|title|tabindex|start|aria-label|data-citation)="[^"<>]*"| data-copy-code)*\s*\/?>/g;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), (pieces) => {
        expect(render(pieces.join('')).replace(known, '')).not.toContain('<');
      }),
      { numRuns: 500 },
    );
  });
});
