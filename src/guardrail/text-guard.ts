import type { ScoredPassage } from '../domain/passage.ts';
import type { GuardChannel, PassageVerdict, Verdict } from '../domain/verdict.ts';
import { combine } from './bands.ts';
import { matchRules } from './match-rules.ts';
import { readText } from './reading/read-text.ts';
import { FAILED_RULE_ID, UNREAD_RULE_ID } from './rules.ts';
import { VerdictMemory } from './verdict-memory.ts';

/** What is left unread of a very long text is never let through without a word. */
const UNREAD: Verdict = { action: 'flag', rule: UNREAD_RULE_ID, category: 'LLM06' };

/** What could not be judged is counted under a rule of its own, which an alert can watch. */
const FAILED: Verdict = { action: 'block', rule: FAILED_RULE_ID, category: 'LLM01' };

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
  return truncated && verdict.action === 'allow' ? UNREAD : verdict;
}

/**
 * Judges retrieved passages one by one; a blocked one is set aside and the answer goes on without it. The same passages
 * are found again and again, so their verdicts are remembered, by the very text: a hash from elsewhere could lie. A guard
 * that fails on a passage sets it aside, too: an answer can do without it.
 */
export function judgePassages(passages: readonly ScoredPassage[]): readonly PassageVerdict[] {
  return passages.map((passage) => ({ passageId: passage.id, verdict: judgePassage(passage) }));
}

function judgePassage(passage: ScoredPassage): Verdict {
  try {
    const { title, text } = passage;
    const judge = (content: string) => within(judgeText(content, 'passage'), title.length + 1);
    return passageVerdicts.recall(`${title}\n${text}`, judge);
  } catch {
    return FAILED;
  }
}

/** The verdict with its span counted from an offset: what stands before that is not shown. */
function within(verdict: Verdict, offset: number): Verdict {
  if (verdict.action === 'allow' || verdict.span === undefined) return verdict;
  const { span, ...rest } = verdict;
  if (span.end <= offset) return rest;
  return { ...rest, span: { start: Math.max(0, span.start - offset), end: span.end - offset } };
}
