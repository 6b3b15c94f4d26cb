import { describe, expect, test } from 'vitest';
import { INJECTION_RULES, OUTPUT_RULE_IDS } from '../../guardrail/rules.ts';
import { refusalError } from './refusal.ts';

const QUESTION_RULES = INJECTION_RULES.map(({ id, category, action }) => ({ rule: id, category, action }));
const ANSWER_RULES = OUTPUT_RULE_IDS.map((rule) => ({
  rule,
  category: 'LLM02',
  action: 'block' as const,
}));

describe.each(['en', 'zh'] as const)('in the language %s', (language) => {
  test.each(QUESTION_RULES)('a question stopped by $rule', (verdict) => {
    const error = refusalError('input', verdict, language);
    expect(error).toMatchObject({ code: 'question_blocked', status: 400, param: 'messages' });
    expect(error.message).toContain(verdict.rule);
  });

  test.each(ANSWER_RULES)('an answer stopped by $rule', (verdict) => {
    const error = refusalError('output', verdict, language);
    expect(error).toMatchObject({ code: 'answer_blocked', status: 400, param: undefined });
    expect(error.message).toContain(verdict.rule);
  });

  test('is one sentence of that language', () => {
    for (const verdict of [...QUESTION_RULES, ...ANSWER_RULES]) {
      const stage = ANSWER_RULES.some(({ rule }) => rule === verdict.rule) ? 'output' : 'input';
      const { message } = refusalError(stage, verdict, language);
      expect(/\p{Script=Han}/u.test(message)).toBe(language === 'zh');
      expect(message.match(language === 'zh' ? /。/g : /\.(?: |$)/g)).toHaveLength(1);
    }
  });

  test('says different things of different risks', () => {
    const verdicts = ['LLM01', 'LLM02', 'LLM03', 'LLM08', 'moderation'].map(
      (category) => ({ action: 'block', rule: 'x', category }) as const,
    );
    expect(new Set(verdicts.map((verdict) => refusalError('input', verdict, language).message)).size).toBe(5);
  });

  test('says of a question and of an answer with the same risk what each is about', () => {
    const verdict = { action: 'block', rule: 'x', category: 'LLM02' } as const;
    expect(refusalError('input', verdict, language).message).not.toBe(
      refusalError('output', verdict, language).message,
    );
  });

  test('does not claim a secret where nobody could judge the answer', () => {
    const verdict = { action: 'block', rule: 'guard-failed', category: 'LLM01' } as const;
    const secret = { action: 'block', rule: 'leak-private-key', category: 'LLM02' } as const;
    const [unjudged, leaked] = [verdict, secret].map(
      (judged) => refusalError('output', judged, language).message.split(/[(（]/)[0],
    );
    expect(unjudged).not.toBe(leaked);
  });

  test('has words for a category to come', () => {
    const verdict = { action: 'block', rule: 'new-rule', category: 'LLM99' } as const;
    expect(refusalError('input', verdict, language).message).toContain('new-rule');
  });
});
