/** A boundary of ours as others may write it, with brackets of any width. */
const BOUNDARY =
  /[[［【〔]([ \t]{0,8}(?:end of |结束)?(?:passages|段落)[ \t]{1,8}[^\]］】〕\s]{4,80}[ \t]{0,8})[\]］】〕]/gi;
/** What chat templates put around their turns; many tokenizers take it for the real thing wherever it stands. */
const TURN = /<(?=\|[a-z_]{1,32}\|>)|<(?=<\/?SYS>>)|\[(?=\/?INST\])/gi;
const MAY_HOLD_ONE = /passages|段落|<\||<<|INST\]/i;

/** Text in which nothing looks like a boundary of the prompt or of a turn any more, still readable for a person. */
export function escapeLookAlikes(text: string): string {
  if (!MAY_HOLD_ONE.test(text)) return text;
  return text.replace(BOUNDARY, '($1)').replace(TURN, '$& ');
}

/** A line at which a passage or its origin would begin. */
const HEAD =
  /^([ \t]{0,8})\[(\d{1,3})\](?=[ \t])|^([ \t]{0,8}Source):(?=.{0,512}\((?:trusted|untrusted)\)$)/gm;

/** Text of a passage in which no line looks like the beginning of another one. */
export function escapeHeads(text: string): string {
  return text.replace(
    HEAD,
    (_line, indent: string | undefined, number: string | undefined, source: string) =>
      number === undefined ? `${source} -` : `${indent}(${number})`,
  );
}
