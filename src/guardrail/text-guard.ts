import type { ScoredPassage } from '../domain/passage.ts';
import type { PassageVerdict, Verdict } from '../domain/verdict.ts';
import { normalise } from './normalise.ts';
import { INJECTION_RULES } from './rules.ts';

const ALLOW: Verdict = { action: 'allow' };

/** Judges one text by the rules; a block wins over a flag. */
export function judgeText(text: string): Verdict {
  const normalised = normalise(text);
  let flagged: Verdict = ALLOW;
  for (const { id, category, action, pattern } of INJECTION_RULES) {
    if (!pattern.test(normalised)) continue;
    if (action === 'block') return { action, rule: id, category };
    if (flagged === ALLOW) flagged = { action, rule: id, category };
  }
  return flagged;
}

/** Judges retrieved passages one by one; a blocked one is set aside and the answer goes on without it. */
export function judgePassages(passages: readonly ScoredPassage[]): readonly PassageVerdict[] {
  return passages.map((passage) => ({
    passageId: passage.id,
    verdict: judgeText(`${passage.title}\n${passage.text}`),
  }));
}
