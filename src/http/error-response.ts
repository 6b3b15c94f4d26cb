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

/** A field's name is the caller's own text and may be as long as a body. */
const PARAM_LIMIT = 128;
const MESSAGE_LIMIT = 300;

/**
 * Errors after which nothing more can be read from the connection. Not `body_too_large`: who is still sending would
 * meet a reset before reading the answer, so the rest is thrown away for a while (the adaptor bounds time and bytes).
 */
const CLOSING: ReadonlySet<string> = new Set(['body_timeout', 'body_incomplete', 'shutting_down']);

/** The body of an error: a code, a safe sentence, the field and the request id; never a stack or upstream text. */
export function errorBody(error: GatewayError, requestId: string): ErrorBody {
  return {
    error: {
      message:
        error.code === 'internal_error'
          ? ERROR_CODES.internal_error.message
          : error.message.slice(0, MESSAGE_LIMIT),
      type: ERROR_CODES[error.code].type,
      code: error.code,
      param: error.param?.slice(0, PARAM_LIMIT) ?? null,
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
  if (CLOSING.has(error.code)) headers.set('connection', 'close');
  return new Response(JSON.stringify(errorBody(error, requestId)), { status: error.status, headers });
}

/** An error after the first byte: the last frame of a stream, which then ends without `[DONE]`. */
export function errorFrame(error: GatewayError, requestId: string): string {
  return `data: ${JSON.stringify(errorBody(error, requestId))}\n\n`;
}
