import { ERROR_CODES } from '../errors/codes.ts';
import type { GatewayError } from '../errors/gateway-error.ts';

/** OpenAI's error body with our stable code and the id to ask about. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly param: string | null;
    readonly request_id: string;
  };
}

/** The body of an error: a code, a safe sentence, the field and the request id; never a stack or upstream text. */
export function errorBody(error: GatewayError, requestId: string): ErrorBody {
  return {
    error: {
      message: error.code === 'internal_error' ? ERROR_CODES.internal_error.message : error.message,
      type: ERROR_CODES[error.code].type,
      code: error.code,
      param: error.param ?? null,
      request_id: requestId,
    },
  };
}

/** An error before the first byte. */
export function errorResponse(error: GatewayError, requestId: string): Response {
  const headers = new Headers({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
  });
  const retryAfter =
    error.retryAfterSeconds ?? (error.status === 503 || error.status === 429 ? 1 : undefined);
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  if (error.status === 401) headers.set('www-authenticate', 'Bearer realm="glassgate"');
  // The rest of an unread body must not be taken for the next request.
  if (error.code.startsWith('body_') || error.code === 'shutting_down') headers.set('connection', 'close');
  return new Response(JSON.stringify(errorBody(error, requestId)), { status: error.status, headers });
}

/** An error after the first byte: the last frame of a stream, which then ends without `[DONE]`. */
export function errorFrame(error: GatewayError, requestId: string): string {
  return `data: ${JSON.stringify(errorBody(error, requestId))}\n\n`;
}
