import { propagation, SpanKind, type Context } from '@opentelemetry/api';
import { isBlocking, type BlockVerdict, type Verdict } from '../domain/verdict.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import {
  createModerationClient,
  MODERATION_RULE_ID,
  type ModerationOptions,
  type ModerationOutcome,
} from '../guardrail/moderation.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { log } from '../telemetry/log.ts';
import * as semconv from '../telemetry/semconv.ts';
import { openSpan } from '../telemetry/spans.ts';
import { SPANS } from '../telemetry/vocabulary.ts';

/** How the moderation service is used. */
export interface ModerationStepOptions extends Omit<ModerationOptions, 'onBreak' | 'onReset'> {
  readonly mode: 'enforce' | 'shadow';
  /** Without its verdict our own guards decide alone, or the question is refused. */
  readonly failure: 'open' | 'closed';
}

/** What the service makes of a text: its block, when it may be acted upon, and whether there is a verdict at all. */
export interface ModerationResult {
  readonly outcome: ModerationOutcome;
  readonly isEnforced: boolean;
  /** Its verdict is missing, and the question must not go on without it. */
  readonly mustRefuse: boolean;
}

/** Asks the service within its own span; never rejects. */
export type Moderate = (
  text: string,
  call: { readonly signal: AbortSignal; readonly parent: Context },
) => Promise<ModerationResult>;

const BLOCKED: BlockVerdict = { action: 'block', rule: MODERATION_RULE_ID, category: 'moderation' };

/** Span errors of calls that ended without a verdict. */
const ERROR_TYPES: Partial<Record<ModerationOutcome, ErrorCode>> = {
  timeout: 'upstream_total_timeout',
  failed: 'upstream_error',
  aborted: 'client_closed_request',
};

/** Builds what asks the service: one CLIENT span and one count per call. */
export function createModerate(options: ModerationStepOptions, instruments: Instruments): Moderate {
  const client = createModerationClient({
    ...options,
    onBreak: () => log.warn('moderation.unavailable'),
    onReset: () => log.info('moderation.available'),
  });
  const { mode, failure } = options;
  const attributes = {
    [semconv.ATTR_GEN_AI_OPERATION_NAME]: 'apply_guardrail',
    [semconv.ATTR_GEN_AI_GUARDRAIL_COMPONENT_NAME]: 'moderation',
    [semconv.ATTR_SERVER_ADDRESS]: client.url.hostname,
    [semconv.ATTR_SERVER_PORT]: Number(client.url.port || (client.url.protocol === 'https:' ? 443 : 80)),
  };
  return async (text, { signal, parent }) => {
    const span = openSpan(SPANS.MODERATION, { kind: SpanKind.CLIENT, parent, attributes });
    const headers: Record<string, string> = {};
    propagation.inject(span.context, headers);
    const outcome = await client.ask(text, { signal, headers });
    if (hasVerdict(outcome)) span.annotate({ [semconv.ATTR_GEN_AI_GUARDRAIL_RESULT_VALUE]: outcome });
    span.end(ERROR_TYPES[outcome], { aborted: outcome === 'aborted' });
    instruments['glassgate.guardrail.moderations'].record(1, { 'glassgate.guardrail.moderation': outcome });
    const isMissing = !hasVerdict(outcome) && outcome !== 'aborted';
    const mustRefuse = isMissing && failure === 'closed' && mode === 'enforce';
    return { outcome, isEnforced: mode === 'enforce', mustRefuse };
  };
}

/** Our verdict and the service's as one: whoever blocks decides, ours first since it can say why. */
export async function withModeration(
  asked: Promise<ModerationResult>,
  ours: () => Verdict,
  instruments: Instruments,
): Promise<Verdict> {
  // Ours is made while the service works.
  const verdict = ours();
  const { outcome, isEnforced, mustRefuse } = await asked;
  if (hasVerdict(outcome)) countDisagreement(isBlocking(verdict), outcome === 'block', instruments);
  if (isBlocking(verdict)) return verdict;
  if (mustRefuse) throw new GatewayError('guard_failed');
  if (outcome !== 'block' || !isEnforced) return verdict;
  const isTruncated = verdict.action === 'flag' && verdict.truncated === true;
  return isTruncated ? { ...BLOCKED, truncated: true } : BLOCKED;
}

function countDisagreement(ours: boolean, theirs: boolean, instruments: Instruments): void {
  if (ours === theirs) return;
  instruments['glassgate.guardrail.disagreements'].record(1, {
    'glassgate.guardrail.stopped_by': theirs ? 'moderation' : 'gateway',
  });
}

function hasVerdict(outcome: ModerationOutcome): boolean {
  return outcome === 'allow' || outcome === 'block';
}
