import type { GuardChannel, Verdict } from '../domain/verdict.ts';
import { scoreText, type TextScore } from './classifier/score-text.ts';
import type { Finding, RuleFinding } from './match-rules.ts';
import type { View } from './reading/view.ts';
import { CLASSIFIER_RULE_IDS } from './rules.ts';

/** Characters of all readings of one text that are scored; the text itself comes first. */
const MAX_SCORED_CHARACTERS: number = 1 << 16;

/** Scores one reading; the shipped classifier but for tests. */
export type Scorer = (text: string, channel: GuardChannel) => TextScore;

/**
 * One verdict of what the rules found and what the classifier makes of each reading. A rule that blocks decides: it can say
 * why. Else the classifier decides by its bands for language and channel; where an attack is only talked about, it judges
 * what is left of the text without those words. Nothing of both allows.
 */
export function combine(
  found: RuleFinding | undefined,
  views: readonly View[],
  channel: GuardChannel,
  score: Scorer = scoreText,
): Verdict {
  if (found?.verdict.action === 'block') return found.verdict;
  const scored = strongest(views, channel, (view) => score(textToScore(view, found), channel));
  if (scored?.action === 'block') return scored;
  return found?.verdict ?? scored ?? { action: 'allow' };
}

/** The classifier's first block, else its first flag. */
function strongest(
  views: readonly View[],
  channel: GuardChannel,
  score: (view: View) => TextScore,
): Finding | undefined {
  let flagged: Finding | undefined;
  let remaining = MAX_SCORED_CHARACTERS;
  for (const view of views) {
    if (remaining <= 0) break;
    remaining -= view.text.length;
    const result = score(view);
    if (result.action === 'allow') continue;
    const finding = findingOf(result, view);
    if (finding.action === 'block') return finding;
    flagged ??= finding;
  }
  return flagged;
}

function findingOf(result: TextScore, view: View): Finding {
  return {
    action: result.action === 'block' ? 'block' : 'flag',
    rule: CLASSIFIER_RULE_IDS[result.language],
    category: 'LLM01',
    view: view.kind,
    score: Math.round(result.score * 100) / 100,
  };
}

/** A reading without the words that are only talked about; a later range first, so that the others stay in place. */
function textToScore(view: View, found: RuleFinding | undefined): string {
  if (found?.view !== view) return view.text;
  const ranges = found.mentions.toSorted((left, right) => right.start - left.start);
  let text = view.text;
  let last = text.length;
  for (const { start, end } of ranges) {
    text = `${text.slice(0, start)}…${text.slice(Math.min(end, last))}`;
    last = start;
  }
  return text;
}
