import type { Language } from '../../domain/language.ts';
import type { GuardStage, Verdict } from '../../domain/verdict.ts';
import { GatewayError } from '../../errors/gateway-error.ts';

type Category = 'LLM01' | 'LLM02' | 'LLM08';

const SENTENCES: Readonly<Record<Language, Readonly<Record<Category, string>>>> = {
  en: {
    LLM01:
      'This question was not sent to the model: it reads like an attempt to replace the model’s instructions',
    LLM02: 'The answer was stopped: it was about to show a secret',
    LLM08: 'This question was not sent to the model: it asks for the model’s hidden instructions',
  },
  zh: {
    LLM01: '这个问题没有发给模型：它看起来是在试图替换模型的指令',
    LLM02: '回答已被中止：它即将泄露机密内容',
    LLM08: '这个问题没有发给模型：它在索要模型的隐藏指令',
  },
};

/** A refusal as the caller reads it: one sentence in the question's language and the rule that decided. */
export function refusalError(
  stage: GuardStage,
  verdict: Exclude<Verdict, { action: 'allow' }>,
  language: Language,
): GatewayError {
  const sentence = SENTENCES[language][verdict.category as Category] ?? SENTENCES[language].LLM01;
  const message =
    language === 'zh' ? `${sentence}（规则：${verdict.rule}）。` : `${sentence} (rule: ${verdict.rule}).`;
  return stage === 'output'
    ? new GatewayError('answer_blocked', { message })
    : new GatewayError('question_blocked', { message, param: 'messages' });
}
