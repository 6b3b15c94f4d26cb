import {
  Marked,
  type RendererObject,
  type TokenizerAndRendererExtension,
  type TokenizerObject,
} from 'marked';

/** Words of the page that end up inside rendered Markdown. */
interface RenderLabels {
  readonly copy: string;
  readonly source: (n: number) => string;
}

/** How to render one answer: the words, and which `[n]` are citations. */
export interface RenderOptions {
  readonly labels: RenderLabels;
  readonly citations: ReadonlySet<number>;
}

/**
 * Markdown as a list of HTML blocks, one per paragraph, list, table and so on. While an answer streams only its last
 * block changes, so the page leaves the others (and a selection in them) alone. The HTML must still be sanitised.
 */
export function renderBlocks(markdown: string, options: RenderOptions): string[] {
  const marked = new Marked({
    gfm: true,
    tokenizer: NO_HTML,
    renderer: rendererFor(options),
    extensions: [citationFor(options)],
  });
  const tokens = marked.lexer(markdown);
  return tokens.filter((token) => token.type !== 'space').map((token) => marked.parser([token]));
}

/** HTML in an answer is shown as the text it is: with no tags known, `<script>` cannot switch escaping off either. */
const NO_HTML: TokenizerObject = { html: () => undefined, tag: () => undefined };

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** Only addresses that leave the page become links: a document's relative links lead nowhere from here. */
function isWebAddress(href: string): boolean {
  return /^(?:https?:\/\/|mailto:)/i.test(href);
}

/** How each kind of Markdown becomes HTML where that differs from the library's way. */
function rendererFor({ labels }: RenderOptions): RendererObject {
  return {
    // Answers stand below the page's own headings.
    heading({ tokens, depth }) {
      const level = Math.min(6, depth + 2);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      if (!isWebAddress(href)) return text;
      return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer">${text}</a>`;
    },
    // A picture's address could carry data out, so it is named and linked, never loaded.
    image({ href, text }) {
      const label = escapeHtml(text || href);
      if (!isWebAddress(href)) return label;
      return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer">${label}</a>`;
    },
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    code: ({ text, lang }) => codeBlock(text, lang, labels),
    table(token) {
      const cell = (content: (typeof token.header)[number], tag: string) =>
        `<${tag}>${this.parser.parseInline(content.tokens)}</${tag}>`;
      const row = (cells: typeof token.header, tag: string) =>
        `<tr>${cells.map((content) => cell(content, tag)).join('')}</tr>`;
      const body = token.rows.map((cells) => row(cells, 'td')).join('');
      return `<div class="table" tabindex="0"><table><thead>${row(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>`;
    },
  };
}

/** Focusable, because long lines scroll and a keyboard must reach them. */
function codeBlock(text: string, lang: string | undefined, labels: RenderLabels): string {
  const language = escapeHtml(lang?.split(/\s/)[0] ?? '');
  return (
    `<div class="code"><div class="code-head"><span>${language}</span>` +
    `<button type="button" class="quiet" data-copy-code>${escapeHtml(labels.copy)}</button></div>` +
    `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre></div>`
  );
}

/** `[1]`, `[1, 3]` and the Chinese commas, but not the text of a link. */
const CITATION = /^\[(\d{1,3}(?:\s*[,，、]\s*\d{1,3})*)\](?!\()/;

/** `[2]` and `[1, 3]` become buttons when every number is a source of this answer; otherwise they stay text. */
function citationFor({ citations, labels }: RenderOptions): TokenizerAndRendererExtension {
  return {
    name: 'citation',
    level: 'inline',
    start: (text) => text.match(/\[\d/)?.index,
    tokenizer(text) {
      const match = CITATION.exec(text);
      const numbers = match?.[1]?.split(/\s*[,，、]\s*/).map(Number) ?? [];
      if (!match || !numbers.every((n) => citations.has(n))) return undefined;
      return { type: 'citation', raw: match[0], numbers };
    },
    renderer: (token) => (token['numbers'] as number[]).map((n) => citationButton(n, labels)).join(''),
  };
}

function citationButton(n: number, labels: RenderLabels): string {
  const label = escapeHtml(labels.source(n));
  return `<button type="button" class="citation" data-citation="${n}" aria-label="${label}" title="${label}">${n}</button>`;
}
