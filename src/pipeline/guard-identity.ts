import { SpanKind } from '@opentelemetry/api';
import type { GuardStage } from '../domain/verdict.ts';
import * as semconv from '../telemetry/semconv.ts';
import { SPANS } from '../telemetry/vocabulary.ts';
import type { StageIdentity } from './stage.ts';

const NAMES = { input: 'input_guard', context: 'context_guard', output: 'output_guard' } as const;
const SPAN_NAMES = {
  input: SPANS.INPUT_GUARD,
  context: SPANS.CONTEXT_GUARD,
  output: SPANS.OUTPUT_GUARD,
} as const;

/** What names the step of a guard. */
export function guardIdentity(stage: GuardStage): StageIdentity<unknown> {
  const attributes = {
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: 'apply_guardrail',
    [semconv.ATTR_GEN_AI_GUARDRAIL_COMPONENT_NAME]: stage,
  };
  return {
    name: NAMES[stage],
    kind: SpanKind.INTERNAL,
    span: () => SPAN_NAMES[stage],
    attributes: () => attributes,
  };
}
