/** One block of Markdown, with what decides how it may be cut. */
export interface MarkdownBlock {
  readonly kind: 'code' | 'table' | 'list' | 'paragraph';
  readonly lines: readonly string[];
}

/** A heading and the blocks that stand under it, up to the next heading. */
export interface MarkdownSection {
  /** 0 for what stands before the first heading. */
  readonly level: number;
  readonly heading: string;
  readonly blocks: readonly MarkdownBlock[];
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const LIST_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;
const TABLE_ROW = /^\s*\|/;
const COMMENT = /<!--[\s\S]*?-->/g;
const FRONT_MATTER = /^---\n[\s\S]*?\n---\n/;

/** Cuts Markdown into sections of blocks; headings inside code are text, front matter and comments are dropped. */
export function sectionsOf(markdown: string): MarkdownSection[] {
  const sections: { level: number; heading: string; blocks: MarkdownBlock[] }[] = [
    { level: 0, heading: '', blocks: [] },
  ];
  for (const lines of paragraphsOf(markdown)) {
    const heading = HEADING.exec(lines[0] ?? '');
    if (heading === null) sections.at(-1)!.blocks.push({ kind: kindOf(lines), lines });
    else sections.push({ level: heading[1]!.length, heading: plainHeading(heading[2]!), blocks: [] });
  }
  return sections;
}

/** Runs of lines between blank lines; a fenced block is one run whatever it holds, a heading a run of its own. */
function paragraphsOf(markdown: string): string[][] {
  const runs: string[][] = [];
  let run: string[] = [];
  let fence: string | undefined;
  const endRun = (): void => {
    if (run.length > 0) runs.push(run);
    run = [];
  };
  for (const line of cleaned(markdown).split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== undefined) {
      run.push(line);
      if (mark !== undefined && mark.startsWith(fence)) {
        fence = undefined;
        endRun();
      }
    } else if (mark !== undefined) {
      endRun();
      fence = mark;
      run.push(line);
    } else if (HEADING.test(line)) {
      endRun();
      runs.push([line]);
    } else if (line.trim() === '') endRun();
    else run.push(line.trimEnd());
  }
  endRun();
  return runs;
}

function cleaned(markdown: string): string {
  const text = markdown
    .replace(/^\uFEFF/, '')
    .replaceAll('\r\n', '\n')
    .replace(FRONT_MATTER, '');
  // Comments are cut only outside code: an example may show one.
  return text
    .split(/(^ {0,3}```[\s\S]*?^ {0,3}```)/m)
    .map((part, index) => (index % 2 === 0 ? part.replace(COMMENT, '') : part))
    .join('');
}

function kindOf(lines: readonly string[]): MarkdownBlock['kind'] {
  const first = lines[0] ?? '';
  if (FENCE.test(first)) return 'code';
  if (TABLE_ROW.test(first) && TABLE_ROW.test(lines[1] ?? '')) return 'table';
  return LIST_ITEM.test(first) ? 'list' : 'paragraph';
}

function plainHeading(heading: string): string {
  return heading
    .replace(/`([^`]*)`/g, '$1')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\{#[^}]*\}$/, '')
    .replace(/(\*\*|__)(.*?)\1/g, '$2')
    .trim();
}
