import type { Verdict } from '../domain/verdict.ts';
import { isMentioned } from './mention.ts';
import type { View } from './reading/view.ts';
import { INJECTION_RULES } from './rules.ts';

/** A rule whose first matches are all only mentioned is not looked for further. */
const MAX_MATCHES = 4;

type Finding = Exclude<Verdict, { action: 'allow' }>;

const RULES = INJECTION_RULES.map((rule) => ({ rule, pattern: new RegExp(rule.pattern, 'gs') }));

/** What the rules say of a text read in several ways: the first block there is, else the first flag, else nothing. */
export function matchRules(views: readonly View[]): Finding | undefined {
  let flagged: Finding | undefined;
  for (const view of views) {
    const found = matchView(view);
    if (found?.action === 'block') return found;
    flagged ??= found;
  }
  return flagged;
}

function matchView(view: View): Finding | undefined {
  const text = view.text.toLowerCase();
  let flagged: Finding | undefined;
  for (const { rule, pattern } of RULES) {
    if (flagged !== undefined && rule.action === 'flag') continue;
    const match = strongestMatch(text, pattern);
    if (match === undefined) continue;
    const finding: Finding = {
      action: match.isMentioned ? 'flag' : rule.action,
      rule: rule.id,
      category: rule.category,
      view: view.kind,
      span: view.sourceSpan(match.start, match.end),
    };
    if (finding.action === 'block') return finding;
    flagged ??= finding;
  }
  return flagged;
}

/** The first match that is said and not only mentioned, else the first of all. */
function strongestMatch(
  text: string,
  pattern: RegExp,
): { readonly start: number; readonly end: number; readonly isMentioned: boolean } | undefined {
  let first: ReturnType<typeof strongestMatch>;
  pattern.lastIndex = 0;
  for (let count = 0; count < MAX_MATCHES; count += 1) {
    const match = pattern.exec(text);
    if (match === null) break;
    const [start, end] = [match.index, match.index + match[0].length];
    const found = { start, end, isMentioned: isMentioned(text, start, end) };
    if (!found.isMentioned) return found;
    first ??= found;
  }
  return first;
}
