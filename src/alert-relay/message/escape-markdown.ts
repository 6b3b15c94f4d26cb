/** Invisible characters and those that turn the direction of text around: with them a text looks like another. */
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
const SPECIAL = /[\\`*_[\]<>~|#!]/g;

/**
 * Text of an alert inside our Markdown: one line, no links, images, emphasis or tags. Where a reader does not honour
 * the backslash it is merely seen, since `\]` cannot close a link either. `@` becomes its full-width twin: only the
 * settings mention anybody.
 */
export function escapeMarkdown(text: string): string {
  return text
    .toWellFormed()
    .replace(DECEPTIVE, ' ')
    .trim()
    .replaceAll('@', '＠')
    .replace(SPECIAL, String.raw`\$&`);
}

/** A Markdown link, or nothing when the URL is not one of http or https without credentials. */
export function markdownLink(text: string, address: string): string {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol) || `${url.username}${url.password}` !== '') return '';
  // These end a link's target for some readers, and the parser leaves them as they are.
  const target = url.href.replace(
    /[()<>[\]\\`*'"|@]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `[${text}](${target})`;
}
