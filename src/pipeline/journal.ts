import type {
  AnswerOutcome,
  AnswerRecord,
  AnswerVersions,
  StageName,
  StageTiming,
  TokenUsage,
  UsedPassage,
} from '../domain/answer-record.ts';
import type { ChatRequest } from '../domain/chat-request.ts';
import type { GenerationFrame } from '../domain/generation.ts';
import type { RequestContext } from '../domain/request-context.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { GatewayError } from '../errors/gateway-error.ts';
import { questionOf } from './question.ts';

/** Characters of an answer that are kept; a longer one is cut in the record, never for the caller. */
export const ANSWER_LIMIT_CHARACTERS = 1 << 20;
/** Channel of the text that is the answer. */
export const FIRST_CHOICE = 'content0';

/** What is learned about one answer on its way, and in the end its record. One per request. */
export class AnswerJournal {
  readonly stages: StageTiming[] = [];
  passages: readonly UsedPassage[] = [];
  chatSpanId: string | undefined;
  /** Milliseconds spent in the upstream. */
  upstreamMs = 0;
  timeToFirstTokenMs: number | undefined;
  usage: TokenUsage | undefined;
  responseId: string | undefined;
  responseModel: string | undefined;
  finishReason: string | undefined;
  outcome: AnswerOutcome = 'aborted';
  errorCode: ErrorCode | undefined = 'client_closed_request';
  readonly #request: ChatRequest;
  readonly #context: RequestContext;
  readonly #createdAt = Date.now();
  readonly #text: string[] = [];
  #textLength = 0;

  constructor(request: ChatRequest, context: RequestContext) {
    this.#request = request;
    this.#context = context;
  }

  /** Collection the request asked, `''` when it switched retrieval off. */
  get collection(): string {
    return this.#request.retrieval.enabled ? this.#request.retrieval.collection : '';
  }

  /** What was asked. */
  get question(): string {
    return questionOf(this.#request);
  }

  /** Milliseconds since the request began. */
  elapsedMs(): number {
    return performance.now() - this.#context.startedAt;
  }

  stageEnded(stage: StageName, startMs: number, outcome: StageTiming['outcome'], verdict?: Verdict): void {
    const timing = { stage, startMs, durationMs: this.elapsedMs() - startMs, outcome };
    this.stages.push(verdict === undefined ? timing : { ...timing, verdict });
  }

  /** Notes what a frame from the model says; its text counts only when it is released to the caller. */
  modelSaid(frame: GenerationFrame): void {
    this.responseId ??= frame.responseId;
    this.responseModel ??= frame.model;
    this.finishReason = frame.finishReason ?? this.finishReason;
    this.usage = frame.usage ?? this.usage;
  }

  /** Notes text that went to the caller: the content of the first choice. */
  released(frames: readonly GenerationFrame[]): void {
    for (const frame of frames) {
      for (const { channel, text } of frame.deltas) {
        if (channel !== FIRST_CHOICE || this.#textLength >= ANSWER_LIMIT_CHARACTERS) continue;
        this.#text.push(text);
        this.#textLength += text.length;
      }
    }
  }

  /** What the caller has got so far. */
  get answerText(): string {
    return this.#text.join('').slice(0, ANSWER_LIMIT_CHARACTERS);
  }

  /** The caller has everything. */
  answered(): void {
    this.outcome = 'answered';
    this.errorCode = undefined;
  }

  /** A guard ended the answer. */
  blocked(code: ErrorCode): void {
    this.outcome = 'blocked';
    this.errorCode = code;
  }

  /** The answer failed, or its caller left. */
  failed(error: GatewayError): void {
    this.outcome = error.code === 'client_closed_request' ? 'aborted' : 'failed';
    this.errorCode = error.code;
  }

  /** The record as it is kept. */
  toRecord(versions: AnswerVersions): AnswerRecord {
    const { requestId, answerId, owner, traceId } = this.#context;
    const durationMs = this.elapsedMs();
    return withoutUndefined({
      answerId,
      requestId,
      owner,
      traceId,
      chatSpanId: this.chatSpanId,
      responseId: this.responseId,
      createdAt: this.#createdAt,
      question: this.question,
      answer: this.answerText,
      model: this.#request.model,
      stream: this.#request.stream,
      outcome: this.outcome,
      errorCode: this.errorCode,
      finishReason: this.finishReason,
      passages: this.passages,
      stages: this.stages,
      usage: this.usage,
      timeToFirstTokenMs: this.timeToFirstTokenMs,
      durationMs,
      overheadMs: Math.max(0, durationMs - this.upstreamMs),
      versions,
    });
  }
}

type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

function withoutUndefined<T extends object>(value: T): Defined<T> {
  for (const key of Object.keys(value) as (keyof T)[]) {
    if (value[key] === undefined) delete value[key];
  }
  return value;
}
