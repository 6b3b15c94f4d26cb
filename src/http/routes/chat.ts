import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { createAnswerId } from '../../answers/answer-id.ts';
import type { ChatRequest } from '../../domain/chat-request.ts';
import type { Retriever } from '../../domain/passage.ts';
import { ownerOf } from '../../domain/principal.ts';
import type { RequestContext } from '../../domain/request-context.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { ModelCatalogue } from '../../generation/model-catalogue.ts';
import { answer } from '../../pipeline/answer.ts';
import type { AnswerPath } from '../../pipeline/answer-path.ts';
import { textOf } from '../../pipeline/question.ts';
import type { Exchange, GatewayEnvironment } from '../exchange.ts';
import type { Admission } from '../middleware/admission.ts';
import { parseChatRequest } from '../wire/chat-schema.ts';
import { readJsonBody, type BodyLimits } from '../wire/read-body.ts';
import { writeAnswer } from '../wire/write-answer.ts';

/** What the chat route needs. */
export interface ChatRouteOptions {
  readonly path: AnswerPath;
  readonly admission: Admission;
  readonly catalogue: ModelCatalogue;
  readonly retriever: Retriever;
  readonly defaultCollection: string;
  readonly bodyLimits: BodyLimits;
  /** Characters of all messages together that no prompt budget holds: refused before any guard reads them. */
  readonly textLimit: number;
  /** Signs answer ids. */
  readonly secret: Uint8Array;
}

/** `POST /v1/chat/completions`, streamed or not. */
export function chatRoute(options: ChatRouteOptions): Hono<GatewayEnvironment> {
  return new Hono<GatewayEnvironment>().post('/v1/chat/completions', async (c) => {
    const exchange = c.get('exchange');
    const { incoming, outgoing } = c.env;
    options.admission.checkRoom();
    const request = checkRequest(await readJsonBody(incoming, options.bodyLimits), options);
    const leave = await options.admission.enter(exchange.signal);
    try {
      const context = openContext(exchange, options.secret);
      outgoing.setHeader('x-glassgate-answer-id', context.answerId);
      const events = answer(request, context, options.path);
      await writeAnswer(events, request, { outgoing, exchange, answerId: context.answerId });
    } finally {
      leave();
    }
    return RESPONSE_ALREADY_SENT;
  });
}

function checkRequest(
  body: unknown,
  { catalogue, retriever, defaultCollection, textLimit }: ChatRouteOptions,
): ChatRequest {
  const request = parseChatRequest(body, { model: catalogue.defaultModel(), collection: defaultCollection });
  const characters = request.messages.reduce((sum, message) => sum + textOf(message).length, 0);
  if (characters > textLimit) throw new GatewayError('context_length_exceeded', { param: 'messages' });
  // A name nobody has checked must not reach a span or a label, so nothing is asked before the models are known.
  if (!catalogue.isKnown()) throw new GatewayError('upstream_unreachable');
  if (!catalogue.has(request.model)) throw new GatewayError('model_not_found', { param: 'model' });
  const { enabled, collection } = request.retrieval;
  if (enabled && collection !== defaultCollection && !retriever.collections().includes(collection)) {
    throw new GatewayError('collection_not_found', { param: 'glassgate.collection' });
  }
  return request;
}

function openContext(exchange: Exchange, secret: Uint8Array): RequestContext {
  const { principal, span } = exchange;
  if (principal === undefined) throw new GatewayError('authentication_required');
  const owner = ownerOf(principal);
  exchange.answerId = createAnswerId(owner, secret);
  return {
    requestId: exchange.requestId,
    answerId: exchange.answerId,
    principal,
    owner,
    traceId: span.traceId,
    telemetry: span.context,
    signal: exchange.signal,
    startedAt: exchange.startedAt,
  };
}
