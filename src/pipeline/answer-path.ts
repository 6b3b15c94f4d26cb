import type { Attributes } from '@opentelemetry/api';
import type { AnswerRecord, AnswerVersions, StageName, UsedPassage } from '../domain/answer-record.ts';
import type { GenerationFrame, ModelRequest } from '../domain/generation.ts';
import type { HiddenText } from '../domain/hidden-text.ts';
import type { RetrievalQuery, RetrievalResult, Retriever, ScoredPassage } from '../domain/passage.ts';
import type { RequestContext } from '../domain/request-context.ts';
import { isBlocking, type GuardMode, type GuardStage, type Verdict } from '../domain/verdict.ts';
import {
  createOutputPolicy,
  DEFAULT_OUTPUT_POLICY,
  type OutputPolicyOptions,
} from '../guardrail/output/output-policy.ts';
import type { AssembledPrompt, PromptBudget } from '../prompt/assemble.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { log } from '../telemetry/log.ts';
import { ATTRIBUTES } from '../telemetry/vocabulary.ts';
import { runGenerateStage, type GenerateStageOptions } from './generate-stage.ts';
import { createContextGuardStage, createInputGuardStage, type JudgedPassage } from './guard-stages.ts';
import { createModerate, type ModerationStepOptions } from './moderation-step.ts';
import { openOutputGuardStep, type OpenOutputGuard } from './output-guard-step.ts';
import type { AskedText } from './question.ts';
import { createAssembleStage, createRetrieveStage, type AssembleInput } from './retrieval-stages.ts';
import { runStage, type Stage, type StageScope } from './stage.ts';

/** The steps of the path with what each of them needs. `answer.ts` says in which order they come. */
export interface AnswerPath {
  readonly instruments: Instruments;
  /** Passages asked for. */
  readonly passageLimit: number;
  judgeQuestion(asked: AskedText, scope: StageScope): Promise<Verdict>;
  readonly retrieve: Stage<RetrievalQuery, RetrievalResult>;
  judgePassages(passages: readonly ScoredPassage[], scope: StageScope): Promise<readonly JudgedPassage[]>;
  readonly assemble: Stage<AssembleInput, AssembledPrompt>;
  generate(request: ModelRequest, scope: StageScope): AsyncIterable<readonly GenerationFrame[]>;
  openOutputGuard(hidden: HiddenText | undefined, scope: StageScope): OpenOutputGuard;
  /** Passages the guard set aside, reported one by one and listed as the record shows them. */
  setAside(judged: readonly JudgedPassage[], scope: StageScope): readonly UsedPassage[];
  /** The numbered passages of the prompt with their verdicts, then those set aside. */
  listPassages(used: readonly ScoredPassage[], found: FoundPassages): readonly UsedPassage[];
  reportDegraded(reason: string, scope: StageScope): void;
  record(scope: StageScope): void;
}

/** What retrieval found, judged. */
export interface FoundPassages {
  readonly judged: readonly JudgedPassage[];
  readonly setAside: readonly UsedPassage[];
}

/** How the guards are used. */
export interface GuardSettings {
  readonly modes: Readonly<Record<GuardStage, GuardMode>>;
  /** What is taken out of answers; everything if nothing is said. */
  readonly output?: OutputPolicyOptions | undefined;
  /** A service that judges questions as well. */
  readonly moderation?: ModerationStepOptions | undefined;
}

/** What the path is built from. */
export interface AnswerPathOptions extends GenerateStageOptions {
  readonly instruments: Instruments;
  readonly retriever: Retriever;
  readonly passageLimit: number;
  readonly guards: GuardSettings;
  readonly promptBudget: PromptBudget;
  readonly versions: (collection: string) => AnswerVersions;
  /** Takes the record off the answer path; must not block or throw. */
  readonly keep: (record: AnswerRecord) => void;
}

/** Builds the path once per process. */
export function createAnswerPath(options: AnswerPathOptions): AnswerPath {
  const { instruments } = options;
  const { modes, output } = options.guards;
  const policy = output === undefined ? DEFAULT_OUTPUT_POLICY : createOutputPolicy(output);
  return {
    instruments,
    passageLimit: options.passageLimit,
    judgeQuestion: createQuestionJudge(options),
    retrieve: createRetrieveStage(options.retriever, instruments, options.captureContent),
    judgePassages: createPassageJudge(options),
    assemble: createAssembleStage(options.promptBudget),
    generate: (request, scope) => runGenerateStage(request, options, scope),
    openOutputGuard: (hidden, scope) => openOutputGuardStep(hidden, scope, { mode: modes.output, policy }),
    setAside,
    listPassages,
    reportDegraded: (reason, { context }) => log.warn('retrieval.degraded', { reason }, context.telemetry),
    record: (scope) => keepRecord(options, scope),
  };
}

/** A guard that is off is no step: it has no span and no verdict. */
function createQuestionJudge({ instruments, guards }: AnswerPathOptions): AnswerPath['judgeQuestion'] {
  const { modes, moderation } = guards;
  if (modes.input === 'off') return () => Promise.resolve({ action: 'allow' });
  const moderate = moderation && createModerate(moderation, instruments);
  const stage = createInputGuardStage({ instruments, mode: modes.input, moderate });
  return (asked, scope) => runStage(stage, asked, scope);
}

function createPassageJudge({ instruments, guards }: AnswerPathOptions): AnswerPath['judgePassages'] {
  const mode = guards.modes.context;
  if (mode === 'off')
    return (passages) =>
      Promise.resolve(passages.map((passage) => ({ passage, verdict: { action: 'allow' } as const })));
  const stage = createContextGuardStage({ instruments, mode });
  return (passages, scope) => runStage(stage, passages, scope);
}

function listPassages(used: readonly ScoredPassage[], { judged, setAside }: FoundPassages): UsedPassage[] {
  const verdicts = new Map(judged.map(({ passage, verdict }) => [passage.id, verdict]));
  const numbered = used.map((passage, index) => ({
    ...passage,
    n: index + 1,
    verdict: verdicts.get(passage.id) ?? ({ action: 'allow' } as const),
  }));
  return [...numbered, ...setAside];
}

function setAside(judged: readonly JudgedPassage[], { context }: StageScope): readonly UsedPassage[] {
  return judged.flatMap(({ passage, verdict }) => {
    if (verdict.action !== 'block') return [];
    reportBlocked('context_guard', verdict, { [ATTRIBUTES.PASSAGE_ID]: passage.id }, context);
    if (!isBlocking(verdict)) return [];
    return [{ ...passage, verdict }];
  });
}

function reportBlocked(stage: StageName, verdict: Verdict, ids: Attributes, context: RequestContext): void {
  const rule = verdict.action === 'allow' ? 'none' : verdict.rule;
  log.warn(
    isBlocking(verdict) ? 'guardrail.blocked' : 'guardrail.shadow_blocked',
    { stage, rule, ...ids },
    context.telemetry,
  );
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
  for (const { stage, verdict } of record.stages) {
    if (verdict?.action === 'block')
      reportBlocked(stage, verdict, { [ATTRIBUTES.ANSWER_ID]: record.answerId }, context);
  }
  journal.stageEnded('record', startMs, 'ok');
  instruments['glassgate.stage.duration'].record((journal.elapsedMs() - startMs) / 1000, {
    'glassgate.stage': 'record',
    'glassgate.stage.outcome': 'ok',
  });
  options.keep(record);
}
