/** Characters that are drawn as nothing (Unicode's own list) and split words for a filter but not for a model. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
// oxlint-disable-next-line no-control-regex -- plain ASCII is the common case and needs no work
const PLAIN = /^[\t\n\r\x20-\x7e]*$/;

/** Text as the rules read it: invisible characters out, compatibility forms folded (full-width letters among them), lower case. */
export function normalise(text: string): string {
  const folded = PLAIN.test(text) ? text : text.replace(INVISIBLE, '').normalize('NFKC');
  return folded.toLowerCase();
}
