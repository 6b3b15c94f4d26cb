/** Markdown as a person would read it aloud: without citation numbers and marks. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/\[\d{1,3}(?:\s*[,，、]\s*\d{1,3})*\](?!\()/g, '')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*(?:#{1,6}|>|```\w*)\s*/gm, '')
    .replace(/\*\*|__|`+/g, '')
    .replace(/[ \t]+([.,;:!?。，；：！？])/g, '$1')
    .trim();
}
