/** Characters that are drawn as nothing and split words for a filter but not for a model. */
const INVISIBLE = new RegExp(
  '[\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u206f\\ufeff\\u{e0000}-\\u{e007f}]|\\u034f',
  'gu',
);
// oxlint-disable-next-line no-control-regex -- plain ASCII is the common case and needs no work
const PLAIN = /^[\t\n\r\x20-\x7e]*$/;

/** Text as the rules read it: compatibility forms folded (full-width letters among them), invisible characters out, lower case. */
export function normalise(text: string): string {
  const folded = PLAIN.test(text) ? text : text.normalize('NFKC').replace(INVISIBLE, '');
  return folded.toLowerCase();
}
