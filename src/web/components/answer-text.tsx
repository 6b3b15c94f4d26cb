import { Component } from 'preact';
import { useMemo } from 'preact/hooks';
import { renderBlocks } from '../markdown/render-blocks.ts';
import { sanitizeHtml } from '../markdown/sanitize-html.ts';
import type { PassageView } from '../api/answer-view.ts';
import { copyText } from './copy-text.ts';
import { usePage } from './page-context.ts';

/** The text of an answer as it grows. Citations and copy buttons inside it are plain HTML, so clicks are read here. */
export function AnswerText({ text, passages, onCitation }: AnswerTextProps) {
  const { words } = usePage();
  const blocks = useMemo(() => {
    const titles = new Map(
      passages.flatMap(({ n, title }) => (n === undefined ? [] : [[n, title] as const])),
    );
    const source = (n: number) => words.sourceLabel(n, titles.get(n) ?? '');
    return renderBlocks(text, { labels: { copy: words.copy, source }, citations: new Set(titles.keys()) });
  }, [text, passages, words]);
  const click = (event: Event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (button?.dataset['citation']) onCitation(Number(button.dataset['citation']));
    else if (button?.hasAttribute('data-copy-code')) void copyCode(button, words);
  };
  return (
    // The buttons inside are real buttons: a key press on them arrives here as a click.
    <div class="answer-text" onClick={click}>
      {blocks.map((html, index) => (
        <Block key={index} html={html} />
      ))}
    </div>
  );
}

interface AnswerTextProps {
  readonly text: string;
  readonly passages: readonly PassageView[];
  readonly onCitation: (n: number) => void;
}

/** One block of HTML, sanitised and set only when it changed. */
class Block extends Component<{ readonly html: string }> {
  override shouldComponentUpdate(next: { readonly html: string }): boolean {
    return next.html !== this.props.html;
  }

  render({ html }: { readonly html: string }) {
    return <div class="block" dangerouslySetInnerHTML={{ __html: sanitizeHtml(html) }} />;
  }
}

/** The button tells its outcome itself; the next piece of the answer, or a new render of this block, resets it. */
async function copyCode(
  button: HTMLButtonElement,
  words: { readonly copied: string; readonly copyFailed: string },
) {
  const code = button.closest('.code')?.querySelector('code')?.textContent ?? '';
  button.textContent = (await copyText(code)) ? words.copied : words.copyFailed;
}
