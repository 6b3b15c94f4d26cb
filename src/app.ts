import { Hono } from 'hono';
import type { RequestLimiter } from './access/request-limiter.ts';
import { GatewayError, toGatewayError } from './errors/gateway-error.ts';
import { errorResponse } from './http/error-response.ts';
import type { GatewayEnvironment } from './http/exchange.ts';
import { authorize } from './http/middleware/authorize.ts';
import { serverTelemetry, type ServerTelemetryOptions } from './http/middleware/server-telemetry.ts';
import { answersRoute, type AnswersRouteOptions } from './http/routes/answers.ts';
import { chatRoute, type ChatRouteOptions } from './http/routes/chat.ts';
import { feedbackRoute, type FeedbackRouteOptions } from './http/routes/feedback.ts';
import { modelsRoute } from './http/routes/models.ts';
import { pageRoute, type PageRouteOptions } from './http/routes/page.ts';

/** Everything the public port is made of; the worker builds it, tests build their own. */
export interface AppDependencies {
  readonly telemetry: ServerTelemetryOptions;
  readonly limiter: RequestLimiter;
  readonly chat: ChatRouteOptions;
  readonly feedback: FeedbackRouteOptions;
  readonly answers: AnswersRouteOptions;
  readonly page: PageRouteOptions;
}

const ALLOWED_METHODS = {
  '/': 'GET, HEAD',
  '/v1/chat/completions': 'POST',
  '/v1/models': 'GET, HEAD',
  '/v1/feedback': 'POST',
  '/v1/answers/:id': 'GET, HEAD',
} as const;

/**
 * The public port's page of contents, outermost first:
 * 1. server telemetry: who asks, one span, one log line, one duration for every request
 * 2. the chat page, open to everybody
 * 3. for `/v1`: known callers only, within their limit
 * 4. the API
 */
export function createApp(dependencies: AppDependencies): Hono<GatewayEnvironment> {
  const { telemetry, limiter, chat, feedback, answers, page } = dependencies;
  const app = new Hono<GatewayEnvironment>();
  app.use(serverTelemetry(telemetry));
  app.route('/', pageRoute(page));
  app.use('/v1/*', authorize(limiter, telemetry.instruments));
  app.route('/', chatRoute(chat));
  app.route('/', modelsRoute(chat.catalogue, chat.retriever));
  app.route('/', feedbackRoute(feedback));
  app.route('/', answersRoute(answers));
  for (const [path, methods] of Object.entries(ALLOWED_METHODS))
    app.all(path, (c) => {
      c.env.outgoing.setHeader('allow', methods);
      throw new GatewayError('method_not_allowed');
    });
  app.notFound((c) => {
    const exchange = c.get('exchange');
    exchange.failure = new GatewayError('not_found');
    return errorResponse(exchange.failure, exchange.requestId);
  });
  app.onError((thrown, c) => errorResponse(toGatewayError(thrown), c.get('exchange').requestId));
  return app;
}
