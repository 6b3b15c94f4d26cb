import type { StageTiming, UsedPassage } from './answer-record.ts';
import type { GenerationFrame } from './generation.ts';
import type { Language } from './language.ts';
import type { GuardStage, Verdict } from './verdict.ts';

/** One part of an answer on its way to the caller. A failure is an exception, never a part. */
export type AnswerEvent =
  | { readonly type: 'answer-start'; readonly passages: readonly UsedPassage[] }
  | { readonly type: 'answer-delta'; readonly frames: readonly GenerationFrame[] }
  | { readonly type: 'answer-end'; readonly stages: readonly StageTiming[] }
  | {
      readonly type: 'answer-blocked';
      readonly stage: GuardStage;
      readonly verdict: Exclude<Verdict, { action: 'allow' }>;
      /** Language in which the refusal is explained. */
      readonly language: Language;
    };
