import { textLanguageOf } from '../domain/language.ts';
import type { ScoredPassage } from '../domain/passage.ts';
import { inShadow, isBlocking, type GuardMode, type Verdict } from '../domain/verdict.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import {
  FAILED_VERDICT,
  judgePassages,
  judgeText,
  prepareTextGuard,
  type TextJudge,
} from '../guardrail/text-guard.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { ATTRIBUTES } from '../telemetry/vocabulary.ts';
import { guardIdentity } from './guard-identity.ts';
import { countVerdict, describeVerdict, verdictAttributes } from './guard-report.ts';
import { withModeration, type Moderate } from './moderation-step.ts';
import { withinQuestion, type AskedText } from './question.ts';
import type { Stage } from './stage.ts';

/** A retrieved passage with the guard's verdict on it. */
export interface JudgedPassage {
  readonly passage: ScoredPassage;
  readonly verdict: Verdict;
}

/** What a guard on text is made of. */
export interface GuardStageOptions {
  readonly instruments: Instruments;
  readonly mode: Exclude<GuardMode, 'off'>;
  readonly judge?: TextJudge;
}

/** What the guard on questions is made of. */
export interface InputGuardOptions extends GuardStageOptions {
  /** Asks the moderation service; absent when there is none. */
  readonly moderate?: Moderate | undefined;
}

/**
 * Judges what the caller says; is ready when it is made, so that the first caller does not wait. It fails closed: a question
 * that it could not judge is no question that it let through.
 */
export function createInputGuardStage(options: InputGuardOptions): Stage<AskedText, Verdict> {
  const { instruments, mode, judge = judgeText, moderate } = options;
  prepareTextGuard();
  const decide = (asked: AskedText): Verdict => withinQuestion(judge(asked.text, 'question'), asked);
  const onFailure = (thrown: unknown): Verdict => applied(failed(thrown, mode, instruments), mode);
  return {
    ...guardIdentity('input'),
    run(asked, context, span) {
      if (moderate === undefined) {
        try {
          return applied(decide(asked), mode);
        } catch (thrown) {
          return onFailure(thrown);
        }
      }
      const second = moderate(asked.text, { signal: context.signal, parent: span.context });
      const verdict = withModeration(second, () => decide(asked), instruments);
      return verdict.then((decided) => applied(decided, mode), onFailure);
    },
    describe: (verdict, { text }) =>
      describeVerdict({ stage: 'input', language: textLanguageOf(text) }, verdict, instruments),
  };
}

/** Refuses what could not be judged; a guard that only watches says so instead, and is counted with its verdict. */
function failed(thrown: unknown, mode: GuardMode, instruments: Instruments): Verdict {
  if (mode === 'shadow') return FAILED_VERDICT;
  instruments['glassgate.guardrail.failures'].record(1, { 'glassgate.guardrail.stage': 'input' });
  throw thrown instanceof GatewayError ? thrown : new GatewayError('guard_failed', { cause: thrown });
}

function applied(verdict: Verdict, mode: GuardMode): Verdict {
  return mode === 'shadow' ? inShadow(verdict) : verdict;
}

/** Judges each retrieved passage. */
export function createContextGuardStage({
  instruments,
  mode,
  judge,
}: GuardStageOptions): Stage<readonly ScoredPassage[], readonly JudgedPassage[]> {
  return {
    ...guardIdentity('context'),
    run(passages) {
      const verdicts = judgePassages(passages, judge);
      return passages.map((passage, index) => {
        // A passage without a verdict cannot be: one comes back for each.
        const { verdict } = verdicts[index] ?? { verdict: FAILED_VERDICT };
        return { passage, verdict: applied(verdict, mode) };
      });
    },
    describe(judged) {
      for (const { passage, verdict } of judged) {
        const language = textLanguageOf(passage.text);
        countVerdict({ stage: 'context', language }, verdict, instruments);
      }
      const dropped = judged.filter(({ verdict }) => isBlocking(verdict)).length;
      // One dropped passage does not block the answer: the step itself went well.
      return { attributes: { ...verdictAttributes(worst(judged)), [ATTRIBUTES.PASSAGES_DROPPED]: dropped } };
    },
  };
}

function worst(judged: readonly JudgedPassage[]): Verdict {
  const order = ['block', 'flag', 'allow'] as const;
  for (const action of order) {
    const found = judged.find(({ verdict }) => verdict.action === action);
    if (found !== undefined) return found.verdict;
  }
  return { action: 'allow' };
}
