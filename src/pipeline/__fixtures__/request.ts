import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { ChatRequest } from '../../domain/chat-request.ts';
import type { ScoredPassage } from '../../domain/passage.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { createInstruments } from '../../telemetry/instruments.ts';
import { AnswerJournal } from '../journal.ts';
import type { StageScope } from '../stage.ts';

/** A question as the HTTP door hands it on. */
export function chatRequest(fields: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: 'smollm2-135m-instruct',
    messages: [{ role: 'user', content: 'When are the tomatoes watered?' }],
    stream: false,
    includeUsage: false,
    retrieval: { enabled: true, collection: 'handbook' },
    body: {},
    ...fields,
  };
}

/** What every step may know about that request. */
export function requestContext(fields: Partial<RequestContext> = {}): RequestContext {
  return {
    requestId: 'request-1',
    answerId: 'ans_1',
    principal: { kind: 'local', id: 'loopback' },
    owner: 'local:loopback',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    telemetry: ROOT_CONTEXT,
    signal: new AbortController().signal,
    startedAt: performance.now(),
    ...fields,
  };
}

/** What every step reports to. */
export function stageScope(context = requestContext(), request = chatRequest()): StageScope {
  return { context, journal: new AnswerJournal(request, context), instruments: createInstruments() };
}

/** A passage as the index finds it. */
export function scoredPassage(fields: Partial<ScoredPassage> = {}): ScoredPassage {
  return {
    id: 'en/greenhouse#0',
    documentId: 'en/greenhouse',
    title: 'Greenhouse › Watering',
    source: 'docs/en/greenhouse.md',
    position: 0,
    hash: 'a'.repeat(64),
    text: 'Tomatoes are watered twice a day, at eight and at six.',
    score: 0.8,
    ...fields,
  };
}
