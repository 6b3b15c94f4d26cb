import type { Language } from '../../domain/language.ts';
import type { GuardStage, Verdict } from '../../domain/verdict.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { FAILED_RULE_ID } from '../../guardrail/rules.ts';

type QuestionRisk = 'LLM01' | 'LLM02' | 'LLM03' | 'LLM08' | 'moderation';

const QUESTIONS: Readonly<Record<Language, Readonly<Record<QuestionRisk, string>>>> = {
  en: {
    LLM01:
      'This question was not sent to the model: it reads like an attempt to replace the model’s instructions',
    LLM02: 'This question was not sent to the model: it asks to carry private text away',
    LLM03: 'This question was not sent to the model: it asks to use a tool without consent',
    LLM08: 'This question was not sent to the model: it asks for the model’s hidden instructions',
    moderation: 'This question was not sent to the model: the moderation service objects to it',
  },
  zh: {
    LLM01: '这个问题没有发给模型：它看起来是在试图替换模型的指令',
    LLM02: '这个问题没有发给模型：它在要求把私密内容带走',
    LLM03: '这个问题没有发给模型：它在要求未经同意就使用工具',
    LLM08: '这个问题没有发给模型：它在索要模型的隐藏指令',
    moderation: '这个问题没有发给模型：审核服务反对它',
  },
};

const ANSWERS: Readonly<Record<Language, string>> = {
  en: 'The answer was stopped: it was about to show a secret',
  zh: '回答已被中止：它即将泄露机密内容',
};

/** Of an answer that nobody could judge. */
const UNJUDGED: Readonly<Record<Language, string>> = {
  en: 'The answer was stopped: it could not be checked',
  zh: '回答已被中止：它未能完成检查',
};

/** A refusal as the caller reads it: one sentence in the question's language and the rule that decided. */
export function refusalError(
  stage: GuardStage,
  verdict: Exclude<Verdict, { action: 'allow' }>,
  language: Language,
): GatewayError {
  const questions = QUESTIONS[language];
  const answers = verdict.rule === FAILED_RULE_ID ? UNJUDGED : ANSWERS;
  const sentence =
    stage === 'output' ? answers[language] : (questions[verdict.category as QuestionRisk] ?? questions.LLM01);
  const message =
    language === 'zh' ? `${sentence}（规则：${verdict.rule}）。` : `${sentence} (rule: ${verdict.rule}).`;
  return stage === 'output'
    ? new GatewayError('answer_blocked', { message })
    : new GatewayError('question_blocked', { message, param: 'messages' });
}
