import type { Attributes, SpanKind } from '@opentelemetry/api';
import type { StageName, StageTiming } from '../domain/answer-record.ts';
import type { RequestContext } from '../domain/request-context.ts';
import { isBlocking, type Verdict } from '../domain/verdict.ts';
import { toGatewayError } from '../errors/gateway-error.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { openSpan, type OpenSpan } from '../telemetry/spans.ts';
import type { AnswerJournal } from './journal.ts';

/** One step of the path: the work, and what telemetry says about it from outside. */
export interface Stage<In, Out> {
  readonly name: StageName;
  readonly kind: SpanKind;
  /** Low-cardinality name of the span. */
  readonly span: (input: In) => string;
  readonly attributes: (input: In) => Attributes;
  /** `span` is the step's own: the parent of what the step asks of others. */
  run(input: In, context: RequestContext, span: OpenSpan): Out | Promise<Out>;
  /** What the result means for the span and the waterfall. */
  readonly describe: (output: Out, input: In) => StageResult;
}

/** How a step ended, for its span and its row of the waterfall. */
export interface StageResult {
  readonly attributes: Attributes;
  readonly verdict?: Verdict;
}

/** What every step reports to. */
export interface StageScope {
  readonly context: RequestContext;
  readonly journal: AnswerJournal;
  readonly instruments: Instruments;
}

/** Runs a step inside its span: one span, one duration, one row of the waterfall, whatever happens. */
export async function runStage<In, Out>(stage: Stage<In, Out>, input: In, scope: StageScope): Promise<Out> {
  const open = openStage(stage, input, scope);
  try {
    const work = stage.run(input, scope.context, open.span);
    const output = work instanceof Promise ? await work : work;
    open.end(stage.describe(output, input));
    return output;
  } catch (thrown) {
    open.fail(thrown);
    throw thrown;
  }
}

/** A step that is under way; it ends exactly once. */
export interface OpenStage {
  readonly span: OpenSpan;
  end(result: StageResult): void;
  /** Ends the step as failed, or as aborted when the caller left. */
  fail(thrown: unknown): void;
}

/** What names a step that stays open as long as a stream. */
export type StageIdentity<In> = Pick<Stage<In, unknown>, 'name' | 'kind' | 'span' | 'attributes'>;

/** Opens a step whose end the caller decides: for streams. */
export function openStage<In>(stage: StageIdentity<In>, input: In, scope: StageScope): OpenStage {
  const { context, journal, instruments } = scope;
  const startMs = journal.elapsedMs();
  const span = openSpan(stage.span(input), {
    kind: stage.kind,
    parent: context.telemetry,
    attributes: stage.attributes(input),
  });
  let ended = false;
  const close = (outcome: StageTiming['outcome'], verdict?: Verdict, errorType?: string): void => {
    if (ended) return;
    ended = true;
    span.end(errorType, { aborted: outcome === 'aborted' });
    journal.stageEnded(stage.name, startMs, outcome, verdict);
    instruments['glassgate.stage.duration'].record((journal.elapsedMs() - startMs) / 1000, {
      'glassgate.stage': stage.name,
      'glassgate.stage.outcome': outcome,
    });
  };
  return {
    span,
    end({ attributes, verdict }) {
      if (!ended) span.annotate(attributes);
      close(isBlocking(verdict) ? 'blocked' : 'ok', verdict);
    },
    fail(thrown) {
      const { code } = toGatewayError(thrown);
      close(code === 'client_closed_request' ? 'aborted' : 'failed', undefined, code);
    },
  };
}
