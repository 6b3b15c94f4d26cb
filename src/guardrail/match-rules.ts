import type { TextSpan, Verdict } from '../domain/verdict.ts';
import { isMentioned } from './mention.ts';
import type { View } from './reading/view.ts';
import { INJECTION_RULES } from './rules.ts';

/** A rule whose first matches are all only mentioned is not looked for further. */
const MAX_MATCHES = 4;

/** A verdict that has something to say. */
export type Finding = Exclude<Verdict, { action: 'allow' }>;

/** What the rules found in one reading of a text. */
export interface RuleFinding {
  readonly verdict: Finding;
  readonly view: View;
  /** Ranges of the reading where an attack is talked about and not said. */
  readonly mentions: readonly TextSpan[];
}

const RULES = INJECTION_RULES.map((rule) => ({ rule, pattern: new RegExp(rule.pattern, 'gs') }));

/** What the rules say of a text read in several ways: the first block there is, else the first flag, else nothing. */
export function matchRules(views: readonly View[]): RuleFinding | undefined {
  let flagged: RuleFinding | undefined;
  for (const view of views) {
    const found = matchView(view);
    if (found?.verdict.action === 'block') return found;
    flagged ??= found;
  }
  return flagged;
}

function matchView(view: View): RuleFinding | undefined {
  const text = view.text.toLowerCase();
  const mentions: TextSpan[] = [];
  let flagged: Finding | undefined;
  for (const { rule, pattern } of RULES) {
    const match = strongestMatch(text, pattern);
    if (match === undefined) continue;
    if (match.isMentioned) mentions.push({ start: match.start, end: match.end });
    const verdict: Finding = {
      action: match.isMentioned ? 'flag' : rule.action,
      rule: rule.id,
      category: rule.category,
      view: view.kind,
      span: view.sourceSpan(match.start, match.end),
    };
    if (verdict.action === 'block') return { verdict, view, mentions: [] };
    flagged ??= verdict;
  }
  return flagged && { verdict: flagged, view, mentions };
}

/** The first match that is said and not only mentioned, else the first of all. */
function strongestMatch(text: string, pattern: RegExp): (TextSpan & { isMentioned: boolean }) | undefined {
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
