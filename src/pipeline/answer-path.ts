import type { Attributes } from '@opentelemetry/api';
import type { AnswerRecord, AnswerVersions, StageName, UsedPassage } from '../domain/answer-record.ts';
import type { GenerationFrame, ModelRequest } from '../domain/generation.ts';
import type { RetrievalQuery, RetrievalResult, Retriever, ScoredPassage } from '../domain/passage.ts';
import type { RequestContext } from '../domain/request-context.ts';
import type { Verdict } from '../domain/verdict.ts';
import { createOutputGuard, type OutputGuard } from '../guardrail/output-guard.ts';
import type { AssembledPrompt, PromptBudget } from '../prompt/assemble.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { log } from '../telemetry/log.ts';
import { ATTRIBUTES } from '../telemetry/vocabulary.ts';
import { runGenerateStage, type GenerateStageOptions } from './generate-stage.ts';
import {
  createContextGuardStage,
  createInputGuardStage,
  describeVerdict,
  OUTPUT_GUARD,
  type JudgedPassage,
} from './guard-stages.ts';
import { createAssembleStage, createRetrieveStage, type AssembleInput } from './retrieval-stages.ts';
import { openStage, type OpenStage, type Stage, type StageScope } from './stage.ts';

/** An output guard with its step around it. */
export interface OpenOutputGuard extends OutputGuard {
  /** Ends the step; always called, whatever became of the answer. */
  close(): void;
}

/** The steps of the path with what each of them needs. `answer.ts` says in which order they come. */
export interface AnswerPath {
  readonly instruments: Instruments;
  /** Passages asked for. */
  readonly passageLimit: number;
  readonly inputGuard: Stage<string, Verdict>;
  readonly retrieve: Stage<RetrievalQuery, RetrievalResult>;
  readonly contextGuard: Stage<readonly ScoredPassage[], readonly JudgedPassage[]>;
  readonly assemble: Stage<AssembleInput, AssembledPrompt>;
  generate(request: ModelRequest, scope: StageScope): AsyncIterable<readonly GenerationFrame[]>;
  openOutputGuard(marker: string | undefined, scope: StageScope): OpenOutputGuard;
  /** Passages the guard set aside, reported one by one and listed as the record shows them. */
  setAside(judged: readonly JudgedPassage[], scope: StageScope): readonly UsedPassage[];
  /** The numbered passages of the prompt, then those set aside. */
  listPassages(used: readonly ScoredPassage[], setAside: readonly UsedPassage[]): readonly UsedPassage[];
  reportDegraded(reason: string, scope: StageScope): void;
  record(scope: StageScope): void;
}

/** What the path is built from. */
export interface AnswerPathOptions extends GenerateStageOptions {
  readonly instruments: Instruments;
  readonly retriever: Retriever;
  readonly passageLimit: number;
  readonly promptBudget: PromptBudget;
  readonly versions: (collection: string) => AnswerVersions;
  /** Takes the record off the answer path; must not block or throw. */
  readonly keep: (record: AnswerRecord) => void;
}

/** Builds the path once per process. */
export function createAnswerPath(options: AnswerPathOptions): AnswerPath {
  const { instruments } = options;
  return {
    instruments,
    passageLimit: options.passageLimit,
    inputGuard: createInputGuardStage(instruments),
    retrieve: createRetrieveStage(options.retriever, instruments, options.captureContent),
    contextGuard: createContextGuardStage(instruments),
    assemble: createAssembleStage(options.promptBudget),
    generate: (request, scope) => runGenerateStage(request, options, scope),
    openOutputGuard,
    setAside,
    listPassages: (used, setAside) => [
      ...used.map((passage, index) => ({ ...passage, n: index + 1, verdict: { action: 'allow' } as const })),
      ...setAside,
    ],
    reportDegraded: (reason, { context }) => log.warn('retrieval.degraded', { reason }, context.telemetry),
    record: (scope) => keepRecord(options, scope),
  };
}

function setAside(judged: readonly JudgedPassage[], { context }: StageScope): readonly UsedPassage[] {
  return judged.flatMap(({ passage, verdict }) => {
    if (verdict.action !== 'block') return [];
    reportBlocked('context_guard', verdict, { [ATTRIBUTES.PASSAGE_ID]: passage.id }, context);
    return [{ ...passage, verdict }];
  });
}

function reportBlocked(stage: StageName, verdict: Verdict, ids: Attributes, context: RequestContext): void {
  const rule = verdict.action === 'allow' ? 'none' : verdict.rule;
  log.warn('guardrail.blocked', { stage, rule, ...ids }, context.telemetry);
}

function openOutputGuard(marker: string | undefined, scope: StageScope): OpenOutputGuard {
  const guard = createOutputGuard(marker);
  let stage: OpenStage | undefined;
  return {
    push(frames) {
      // The step begins with the first frame: until then there is nothing to guard.
      stage ??= openStage(OUTPUT_GUARD, undefined, scope);
      return guard.push(frames);
    },
    end: () => guard.end(),
    get verdict() {
      return guard.verdict;
    },
    close: () => stage?.end(describeVerdict('output', guard.verdict, scope.instruments)),
  };
}

function keepRecord(options: AnswerPathOptions, { journal, context, instruments }: StageScope): void {
  const startMs = journal.elapsedMs();
  const record = journal.toRecord(options.versions(journal.collection));
  instruments['glassgate.answers'].record(1, {
    'glassgate.outcome': record.outcome,
    'glassgate.stream': record.stream ? 'true' : 'false',
    'gen_ai.request.model': record.model,
  });
  instruments['glassgate.gateway.overhead'].record(record.overheadMs / 1000, {
    'glassgate.outcome': record.outcome,
  });
  const blocked = record.stages.find(({ outcome }) => outcome === 'blocked');
  if (blocked?.verdict !== undefined) {
    reportBlocked(blocked.stage, blocked.verdict, { [ATTRIBUTES.ANSWER_ID]: record.answerId }, context);
  }
  journal.stageEnded('record', startMs, 'ok');
  instruments['glassgate.stage.duration'].record((journal.elapsedMs() - startMs) / 1000, {
    'glassgate.stage': 'record',
    'glassgate.stage.outcome': 'ok',
  });
  options.keep(record);
}
