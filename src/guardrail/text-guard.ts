import type { Passage } from '../domain/passage.ts';
import type { BlockVerdict, GuardChannel, PassageVerdict, Verdict } from '../domain/verdict.ts';
import { combine } from './bands.ts';
import { matchRules } from './match-rules.ts';
import { readText } from './reading/read-text.ts';
import { CLASSIFIER_RULE_IDS, FAILED_RULE_ID, UNREAD_RULE_ID } from './rules.ts';
import { VerdictMemory } from './verdict-memory.ts';

/** What is left unread of a very long text is never let through without a word. */
const UNREAD: Verdict = { action: 'flag', rule: UNREAD_RULE_ID, category: 'LLM06', truncated: true };

/** What could not be judged is counted under a rule of its own, which an alert can watch. */
export const FAILED_VERDICT: BlockVerdict = { action: 'block', rule: FAILED_RULE_ID, category: 'LLM01' };

/** Plain and folded texts of both languages; an engine compiles a pattern when it is first used, and again soon after. */
const FIRST_TEXTS = ['When are the tomatoes watered?', 'Is it “enough”?', '番茄什么时候浇水？', '够吗'];

const passageVerdicts = new VerdictMemory();

/** Reads the classifier and compiles the patterns, so that no request waits for it: a tenth of a second of work. */
export function prepareTextGuard(): void {
  for (const text of [...FIRST_TEXTS, ...FIRST_TEXTS]) {
    judgeText(text, 'question');
    judgeText(text, 'passage');
  }
}

/** Judges one text in every way it can be read; a block wins over a flag. */
export function judgeText(text: string, channel: GuardChannel): Verdict {
  const { views, truncated } = readText(text);
  const verdict = combine(matchRules(views), views, channel);
  if (!truncated) return verdict;
  return verdict.action === 'allow' ? UNREAD : { ...verdict, truncated };
}

/** Judges one text; `judgeText` but for tests. */
export type TextJudge = typeof judgeText;

/** What is judged of a passage. */
export type JudgedText = Pick<Passage, 'title' | 'text' | 'trust'>;

/**
 * Judges retrieved passages one by one; a blocked one is set aside and the answer goes on without it. The same passages
 * are found again and again, so their verdicts are remembered, by the very text: a hash from elsewhere could lie. A guard
 * that fails on a passage sets it aside, too: an answer can do without it.
 */
export function judgePassages(
  passages: readonly Passage[],
  judge: TextJudge = judgeText,
): readonly PassageVerdict[] {
  return passages.map((passage) => ({
    passageId: passage.id,
    verdict: stricter(passage.verdict ?? { action: 'allow' }, judgePassage(passage, judge)),
  }));
}

/**
 * Judges one passage, when its document is read in and when it is found. In a trusted document the classifier only flags:
 * a score is a guess, and its author meant no harm; a rule blocks there, too, since even a trusted page may quote an attack.
 */
export function judgePassage(passage: JudgedText, judge: TextJudge = judgeText): Verdict {
  try {
    const verdict = passageVerdicts.recall(passage, ({ title, text }) =>
      within(judge(`${title}\n${text}`, 'passage'), title.length + 1),
    );
    return passage.trust === 'trusted' && isGuess(verdict) ? { ...verdict, action: 'flag' } : verdict;
  } catch {
    return FAILED_VERDICT;
  }
}

/** A block by the classifier. */
function isGuess(verdict: Verdict): verdict is BlockVerdict {
  if (verdict.action !== 'block') return false;
  return Object.values<string>(CLASSIFIER_RULE_IDS).includes(verdict.rule);
}

/** Of two verdicts on one text the one that lets less through. */
function stricter(left: Verdict, right: Verdict): Verdict {
  const order = ['block', 'flag', 'allow'];
  return order.indexOf(left.action) < order.indexOf(right.action) ? left : right;
}

/** The verdict with its span counted from an offset: what stands before that is not shown. */
function within(verdict: Verdict, offset: number): Verdict {
  if (verdict.action === 'allow' || verdict.span === undefined) return verdict;
  const { span, ...rest } = verdict;
  if (span.end <= offset) return rest;
  return { ...rest, span: { start: Math.max(0, span.start - offset), end: span.end - offset } };
}
