import { SpanKind, type Attributes } from '@opentelemetry/api';
import type { ScoredPassage } from '../domain/passage.ts';
import type { GuardStage, PassageVerdict, Verdict } from '../domain/verdict.ts';
import { judgePassages, judgeText, prepareTextGuard } from '../guardrail/text-guard.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import * as semconv from '../telemetry/semconv.ts';
import { ATTRIBUTES, SPANS } from '../telemetry/vocabulary.ts';
import type { Stage, StageIdentity } from './stage.ts';

/** A retrieved passage with the guard's verdict on it. */
export interface JudgedPassage {
  readonly passage: ScoredPassage;
  readonly verdict: Verdict;
}

/** Judges what the caller says; is ready when it is made, so that the first caller does not wait. */
export function createInputGuardStage(instruments: Instruments): Stage<string, Verdict> {
  prepareTextGuard();
  return {
    ...guardIdentity('input'),
    run: (text) => judgeText(text, 'question'),
    describe: (verdict) => describeVerdict('input', verdict, instruments),
  };
}

/** Judges each retrieved passage. */
export function createContextGuardStage(
  instruments: Instruments,
): Stage<readonly ScoredPassage[], readonly JudgedPassage[]> {
  return {
    ...guardIdentity('context'),
    run: (passages) => pair(passages, judgePassages(passages)),
    describe(judged) {
      for (const { verdict } of judged) countVerdict('context', verdict, instruments);
      const dropped = judged.filter(({ verdict }) => verdict.action === 'block').length;
      // One dropped passage does not block the answer: the step itself went well.
      return { attributes: { ...verdictAttributes(worst(judged)), [ATTRIBUTES.PASSAGES_DROPPED]: dropped } };
    },
  };
}

/** The step that watches the answer; it stays open as long as the stream. */
export const OUTPUT_GUARD = guardIdentity('output');

/** Attributes of a verdict, counted in the metric as well. */
export function describeVerdict(
  stage: GuardStage,
  verdict: Verdict,
  instruments: Instruments,
): { attributes: Attributes; verdict: Verdict } {
  countVerdict(stage, verdict, instruments);
  return { attributes: verdictAttributes(verdict), verdict };
}

function guardIdentity(stage: GuardStage): StageIdentity<unknown> {
  const names = { input: 'input_guard', context: 'context_guard', output: 'output_guard' } as const;
  const spans = {
    input: SPANS.INPUT_GUARD,
    context: SPANS.CONTEXT_GUARD,
    output: SPANS.OUTPUT_GUARD,
  } as const;
  const attributes = {
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: 'apply_guardrail',
    [semconv.ATTR_GEN_AI_GUARDRAIL_COMPONENT_NAME]: stage,
  };
  return {
    name: names[stage],
    kind: SpanKind.INTERNAL,
    span: () => spans[stage],
    attributes: () => attributes,
  };
}

function countVerdict(stage: GuardStage, verdict: Verdict, instruments: Instruments): void {
  instruments['glassgate.guardrail.verdicts'].record(1, {
    'glassgate.guardrail.stage': stage,
    'glassgate.guardrail.action': verdict.action,
    'glassgate.guardrail.rule': verdict.action === 'allow' ? 'none' : verdict.rule,
  });
}

function verdictAttributes(verdict: Verdict): Attributes {
  if (verdict.action === 'allow') return { [semconv.ATTR_GEN_AI_GUARDRAIL_RESULT_VALUE]: 'allow' };
  return {
    [semconv.ATTR_GEN_AI_GUARDRAIL_RESULT_VALUE]: verdict.action,
    [semconv.ATTR_GEN_AI_GUARDRAIL_POLICY_RULE_ID]: verdict.rule,
    [semconv.ATTR_GEN_AI_GUARDRAIL_RISK_CATEGORY]: verdict.category,
  };
}

function pair(passages: readonly ScoredPassage[], verdicts: readonly PassageVerdict[]): JudgedPassage[] {
  return passages.map((passage, index) => ({
    passage,
    verdict: verdicts[index]?.verdict ?? { action: 'allow' },
  }));
}

function worst(judged: readonly JudgedPassage[]): Verdict {
  const order = ['block', 'flag', 'allow'] as const;
  for (const action of order) {
    const found = judged.find(({ verdict }) => verdict.action === action);
    if (found !== undefined) return found.verdict;
  }
  return { action: 'allow' };
}
