import type { Attributes } from '@opentelemetry/api';
import type { TextLanguage } from '../domain/language.ts';
import { isBlocking, type GuardStage, type Verdict } from '../domain/verdict.ts';
import { FAILED_RULE_ID } from '../guardrail/rules.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import * as semconv from '../telemetry/semconv.ts';
import { ATTRIBUTES } from '../telemetry/vocabulary.ts';
import type { StageResult } from './stage.ts';

/** What a verdict was given on. */
export interface Judged {
  readonly stage: GuardStage;
  readonly language: TextLanguage;
}

/** What span and waterfall say of a verdict, which is counted as well. */
export function describeVerdict(judged: Judged, verdict: Verdict, instruments: Instruments): StageResult {
  countVerdict(judged, verdict, instruments);
  return { attributes: verdictAttributes(verdict), verdict };
}

/** Counts a verdict, and apart from that what was not read whole and what could not be judged. */
export function countVerdict({ stage, language }: Judged, verdict: Verdict, instruments: Instruments): void {
  const isWatched = verdict.action === 'block' && !isBlocking(verdict);
  instruments['glassgate.guardrail.verdicts'].record(1, {
    'glassgate.guardrail.stage': stage,
    'glassgate.guardrail.action': isWatched ? 'shadow' : verdict.action,
    'glassgate.guardrail.rule': verdict.action === 'allow' ? 'none' : verdict.rule,
    'glassgate.language': language,
  });
  if (verdict.action === 'allow') return;
  const labels = { 'glassgate.guardrail.stage': stage };
  if (verdict.truncated === true) instruments['glassgate.guardrail.truncated'].record(1, labels);
  if (verdict.rule === FAILED_RULE_ID) instruments['glassgate.guardrail.failures'].record(1, labels);
}

/** A verdict as a span tells it: by rule, score and disguise, never by the words or where they stand. */
export function verdictAttributes(verdict: Verdict): Attributes {
  if (verdict.action === 'allow') return { [semconv.ATTR_GEN_AI_GUARDRAIL_RESULT_VALUE]: 'allow' };
  const { action, rule, category, score, view, truncated, shadow } = verdict;
  return {
    [semconv.ATTR_GEN_AI_GUARDRAIL_RESULT_VALUE]: action,
    [semconv.ATTR_GEN_AI_GUARDRAIL_POLICY_RULE_ID]: rule,
    [semconv.ATTR_GEN_AI_GUARDRAIL_RISK_CATEGORY]: category,
    ...(score !== undefined && { [semconv.ATTR_GEN_AI_GUARDRAIL_RISK_SCORE]: score }),
    ...(view !== undefined && { [ATTRIBUTES.GUARDRAIL_VIEW]: view }),
    ...(truncated === true && { [ATTRIBUTES.GUARDRAIL_TRUNCATED]: true }),
    ...(shadow === true && { [ATTRIBUTES.GUARDRAIL_SHADOW]: true }),
  };
}
