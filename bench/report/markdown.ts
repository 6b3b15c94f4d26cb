/** A Markdown table: the first column to the left, numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? ':--' : '--:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What stands before, between and after the marks; the first one may say who writes between them. */
const MARKED = /^(.*<!-- bench:begin\b[^\n]*-->\n).*(<!-- bench:end -->.*)$/s;

/** Puts text between the marks of a document; throws when it has none. */
export function putBetweenMarks(document: string, text: string): string {
  const [, before, after] = MARKED.exec(document) ?? [];
  if (before === undefined || after === undefined)
    throw new Error('there is no <!-- bench:begin --> and <!-- bench:end --> to write between');
  return `${before}\n${text}\n\n${after}`;
}
