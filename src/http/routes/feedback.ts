import { Hono } from 'hono';
import { z } from 'zod';
import type { AnswerStore } from '../../answers/answer-store.ts';
import type { FeedbackResult } from '../../answers/stored-answer.ts';
import { ownerOf } from '../../domain/principal.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { StorageUnavailableError } from '../../storage/storage-unavailable-error.ts';
import { reportFeedback } from '../../telemetry/feedback.ts';
import type { Instruments } from '../../telemetry/instruments.ts';
import type { GatewayEnvironment } from '../exchange.ts';
import { feedbackView } from '../wire/answer-view.ts';
import { check } from '../wire/chat-schema.ts';
import { readJsonBody, type BodyLimits } from '../wire/read-body.ts';

/** What the feedback route needs. */
export interface FeedbackRouteOptions {
  readonly answers: AnswerStore;
  readonly instruments: Instruments;
  readonly bodyLimits: BodyLimits;
  /** Comments go into telemetry only when content is captured. */
  readonly captureContent: boolean;
}

const feedbackSchema = z.strictObject({
  answer_id: z.string().min(1).max(128),
  rating: z.literal(['up', 'down', null]),
  comment: z.string().max(4000).optional(),
  reasons: z.array(z.string().min(1).max(64)).max(16).optional(),
});

/** `POST /v1/feedback`: a thumb given, changed or (with `null`) withdrawn; the same again changes nothing. */
export function feedbackRoute(options: FeedbackRouteOptions): Hono<GatewayEnvironment> {
  return new Hono<GatewayEnvironment>().post('/v1/feedback', async (c) => {
    const { principal, span } = c.get('exchange');
    if (principal === undefined) throw new GatewayError('authentication_required');
    const body = check(feedbackSchema, await readJsonBody(c.env.incoming, options.bodyLimits), []);
    const { answer_id: answerId, rating, comment, reasons } = body;
    const request = { answerId, owner: ownerOf(principal), rating, comment, reasons };
    const result = await store(options.answers, request);
    if (!result.found) throw new GatewayError('answer_not_found', { param: 'answer_id' });
    if (result.changed)
      reportFeedback(
        { ...result, requestSpan: span, captureContent: options.captureContent },
        options.instruments,
      );
    return c.json({ object: 'glassgate.feedback', answer_id: answerId, ...feedbackView(result.feedback) });
  });
}

async function store(
  answers: AnswerStore,
  request: Parameters<AnswerStore['rate']>[0],
): Promise<FeedbackResult> {
  try {
    return await answers.rate(request);
  } catch (thrown) {
    if (thrown instanceof StorageUnavailableError)
      throw new GatewayError('storage_unavailable', { cause: thrown });
    throw thrown;
  }
}
