import { Hono } from 'hono';
import type { AnswerStore } from '../../answers/answer-store.ts';
import { ownerOf } from '../../domain/principal.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import type { GatewayEnvironment } from '../exchange.ts';
import { answerView } from '../wire/answer-view.ts';

/** What the answers route needs. */
export interface AnswersRouteOptions {
  readonly answers: AnswerStore;
  /** Link to a trace with `{trace_id}` in it. */
  readonly traceUrl: string | undefined;
}

/** `GET /v1/answers/{id}`: how one answer of the caller's came about. */
export function answersRoute({ answers, traceUrl }: AnswersRouteOptions): Hono<GatewayEnvironment> {
  return new Hono<GatewayEnvironment>().get('/v1/answers/:id', async (c) => {
    const { principal, signal } = c.get('exchange');
    const found = principal && (await answers.find(c.req.param('id'), ownerOf(principal), signal));
    if (found === undefined) throw new GatewayError('answer_not_found');
    return c.json(answerView(found, traceUrl), 200, { 'cache-control': 'no-store' });
  });
}
