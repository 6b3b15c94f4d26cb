import type { GuardChannel } from '../../../src/domain/verdict.ts';
import { scoreText } from '../../../src/guardrail/classifier/score-text.ts';
import { matchRules } from '../../../src/guardrail/match-rules.ts';
import { plainView } from '../../../src/guardrail/reading/view.ts';
import { readText } from '../../../src/guardrail/reading/read-text.ts';
import { judgeText } from '../../../src/guardrail/text-guard.ts';

/** What a guard does with a text. */
export type Action = 'allow' | 'flag' | 'block';

/** A guard, or a part of it: a row of the table of what each part adds. */
export type Guard = (text: string, channel: GuardChannel) => Action;

/** From nothing to the guard as it is shipped. */
export const GUARDS: Readonly<Record<string, Guard>> = {
  'no guard': () => 'allow',
  rules: (text) => matchRules([plainView(text)])?.verdict.action ?? 'allow',
  '+ normalise and decode': (text) => matchRules(readText(text).views)?.verdict.action ?? 'allow',
  '+ classifier': (text, channel) => judgeText(text, channel).action,
};

/** The classifier without rules and decoding, for comparison. */
export const CLASSIFIER_ALONE: Guard = (text, channel) => scoreText(text, channel).action;
