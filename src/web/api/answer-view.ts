import type { AnswerOutcome, AnswerVersions, TokenUsage } from '../../domain/answer-record.ts';
import { listOf, numberOf, objectOf, textOf, wordOf } from './json-fields.ts';

/** What a guard decided, as the page shows it. */
export interface VerdictView {
  readonly action: 'allow' | 'flag' | 'block';
  readonly rule?: string | undefined;
  readonly category?: string | undefined;
  /** In which disguise it was found; `plain` is none. */
  readonly view?: string | undefined;
  /** The classifier's score, when it decided. */
  readonly score?: number | undefined;
  /** Where in the question or the passage. */
  readonly span?: { readonly start: number; readonly end: number } | undefined;
  /** The guard only watched. */
  readonly shadow?: boolean | undefined;
}

/** One step of the answer; the name stays a text, so that a newer gateway's steps are shown too. */
export interface StageView {
  readonly stage: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'blocked' | 'failed' | 'aborted' | 'skipped';
  readonly verdict?: VerdictView | undefined;
}

/** One passage with its text; without `n` it was set aside and the model did not see it. */
export interface PassageView {
  readonly n?: number | undefined;
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly position?: number | undefined;
  readonly score: number;
  readonly hash?: string | undefined;
  readonly text?: string | undefined;
  readonly verdict?: VerdictView | undefined;
}

/** What a person said about an answer; `null`: nothing, or withdrawn. */
export interface FeedbackView {
  readonly rating: 'up' | 'down' | null;
  readonly comment: string;
  readonly reasons: readonly string[];
}

/** One answer as `GET /v1/answers/{id}` tells its owner. */
export interface AnswerView {
  readonly answerId: string;
  readonly requestId?: string | undefined;
  readonly traceId?: string | undefined;
  readonly traceUrl?: string | undefined;
  readonly createdAt?: number | undefined;
  readonly model: string;
  readonly question: string;
  readonly outcome: AnswerOutcome;
  readonly errorCode?: string | undefined;
  readonly durationMs: number;
  readonly overheadMs?: number | undefined;
  readonly timeToFirstTokenMs?: number | undefined;
  readonly usage?: TokenUsage | undefined;
  readonly stages: readonly StageView[];
  readonly passages: readonly PassageView[];
  readonly versions: Partial<AnswerVersions>;
  readonly feedback: FeedbackView;
}

const OUTCOMES = ['answered', 'blocked', 'failed', 'aborted'] as const;
const STAGE_OUTCOMES = ['ok', 'blocked', 'failed', 'aborted', 'skipped'] as const;

/** Reads the record of an answer; what is missing reads as unknown, never as a fault. */
export function readAnswerView(value: unknown): AnswerView {
  const fields = objectOf(value);
  return {
    answerId: textOf(fields['answer_id']) ?? '',
    requestId: textOf(fields['request_id']),
    traceId: textOf(fields['trace_id']),
    traceUrl: webAddress(fields['trace_url']),
    createdAt: numberOf(fields['created_at']),
    model: textOf(fields['model']) ?? '',
    question: textOf(fields['question']) ?? '',
    outcome: wordOf(fields['outcome'], OUTCOMES) ?? 'answered',
    errorCode: textOf(fields['error_code']),
    durationMs: numberOf(fields['duration_ms']) ?? 0,
    overheadMs: numberOf(fields['overhead_ms']),
    timeToFirstTokenMs: numberOf(fields['time_to_first_token_ms']),
    usage: readUsage(fields['usage']),
    stages: listOf(fields['stages']).map(readStage),
    passages: listOf(fields['passages']).map(readPassage),
    versions: readVersions(fields['versions']),
    feedback: readFeedback(fields['feedback']),
  };
}

/** Reads the state of feedback, from a record or from the reply to a rating. */
export function readFeedback(value: unknown): FeedbackView {
  const fields = objectOf(value);
  return {
    rating: wordOf(fields['rating'], ['up', 'down']) ?? null,
    comment: textOf(fields['comment']) ?? '',
    reasons: listOf(fields['reasons']).flatMap((reason) => textOf(reason) ?? []),
  };
}

function readStage(value: unknown): StageView {
  const fields = objectOf(value);
  return {
    stage: textOf(fields['stage']) ?? '',
    startMs: numberOf(fields['start_ms']) ?? 0,
    durationMs: numberOf(fields['duration_ms']) ?? 0,
    outcome: wordOf(fields['outcome'], STAGE_OUTCOMES) ?? 'ok',
    verdict: readVerdict(fields['verdict']),
  };
}

function readPassage(value: unknown): PassageView {
  const fields = objectOf(value);
  const source = textOf(fields['source']) ?? '';
  return {
    n: numberOf(fields['n']),
    id: textOf(fields['id']) ?? '',
    title: textOf(fields['title']) ?? source,
    source,
    position: numberOf(fields['position']),
    score: numberOf(fields['score']) ?? 0,
    hash: textOf(fields['hash']),
    text: textOf(fields['text']),
    verdict: readVerdict(fields['verdict']),
  };
}

/** An action the page does not know says nothing it could show. */
function readVerdict(value: unknown): VerdictView | undefined {
  const fields = objectOf(value);
  const action = wordOf(fields['action'], ['allow', 'flag', 'block']);
  if (action === undefined) return undefined;
  return {
    action,
    rule: textOf(fields['rule']),
    category: textOf(fields['category']),
    view: textOf(fields['view']),
    score: numberOf(fields['score']),
    span: readSpan(fields['span']),
    shadow: fields['shadow'] === true || undefined,
  };
}

/** A range that is none marks nothing. */
function readSpan(value: unknown): VerdictView['span'] {
  const fields = objectOf(value);
  const [start, end] = [numberOf(fields['start']), numberOf(fields['end'])];
  return start === undefined || end === undefined || start < 0 || end <= start ? undefined : { start, end };
}

function readUsage(value: unknown): TokenUsage | undefined {
  const fields = objectOf(value);
  const inputTokens = numberOf(fields['input_tokens']);
  const outputTokens = numberOf(fields['output_tokens']);
  return inputTokens === undefined || outputTokens === undefined ? undefined : { inputTokens, outputTokens };
}

/** Versions by name; a gateway may tell fewer or more than the page shows. */
function readVersions(value: unknown): Partial<AnswerVersions> {
  const known = Object.entries(objectOf(value)).filter(([, version]) => textOf(version) !== undefined);
  return Object.fromEntries(known) as Partial<AnswerVersions>;
}

/** Only an http(s) address becomes a link. */
function webAddress(value: unknown): string | undefined {
  const address = textOf(value);
  return address !== undefined && /^https?:\/\//i.test(address) ? address : undefined;
}
