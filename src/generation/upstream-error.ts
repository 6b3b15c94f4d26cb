import { APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import type { ErrorCode } from '../errors/codes.ts';
import { GatewayError } from '../errors/gateway-error.ts';

/** Translates whatever the `openai` client or undici threw, once; nothing of the upstream's text goes to the caller. */
export function translateUpstreamError(thrown: unknown, signal: AbortSignal): GatewayError {
  // Our own timers and the caller's leaving abort with a GatewayError as the reason.
  if (signal.aborted && signal.reason instanceof GatewayError) return signal.reason;
  if (thrown instanceof GatewayError) return thrown;
  if (thrown instanceof APIUserAbortError)
    return new GatewayError('client_closed_request', { cause: thrown });
  if (thrown instanceof APIError && typeof thrown.status === 'number') {
    const retryAfterSeconds = readRetryAfter(thrown.headers);
    return errorFromBody(thrown.status, { error: thrown.error }, { retryAfterSeconds, cause: thrown });
  }
  return connectionError(thrown);
}

/** What else is known when an error body is translated. */
interface BodyErrorOptions {
  readonly midStream?: boolean;
  readonly retryAfterSeconds?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Translates a status and a body in any of the shapes vLLM has: `error` as an object, as a string, FastAPI's `detail`,
 * and 503 without `Retry-After`. A request that was at fault names its field; the sentence is ours.
 */
export function errorFromBody(status: number, body: object, options: BodyErrorOptions = {}): GatewayError {
  const { code: bodyCode, param, message } = readErrorObject(body);
  // In the middle of a stream the status is 200; vLLM then puts the real one into the error's code.
  const effective = options.midStream === true && bodyCode !== undefined ? bodyCode : status;
  const code = codeFor(effective, param, message);
  const retry =
    options.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: options.retryAfterSeconds };
  const field =
    code === 'context_length_exceeded' ? { param: 'messages' } : param === undefined ? {} : { param };
  if (code === 'upstream_rejected' && param !== undefined) {
    return new GatewayError(code, {
      ...field,
      message: `The model server does not accept the value of "${param}".`,
      cause: options.cause,
    });
  }
  return new GatewayError(code, {
    ...(code === 'upstream_error' ? {} : field),
    ...retry,
    cause: options.cause,
  });
}

interface WireError {
  readonly code?: number | undefined;
  readonly param?: string | undefined;
  readonly message: string;
}

function readErrorObject(body: object): WireError {
  const outer: unknown = 'error' in body ? body.error : body;
  // The openai client hands on either the inner error or the whole body.
  const inner = typeof outer === 'object' && outer !== null && 'error' in outer ? outer.error : outer;
  if (typeof inner !== 'object' || inner === null) return { message: '' };
  const { code, param, message } = inner as Record<string, unknown>;
  return {
    code: typeof code === 'number' ? code : undefined,
    param: typeof param === 'string' ? cleanParam(param) : undefined,
    message: typeof message === 'string' ? message : '',
  };
}

/** vLLM names fields as `body.temperature`; what is not a plain field path is not repeated. */
function cleanParam(param: string): string | undefined {
  const path = param.replace(/^body\./, '');
  return /^[A-Za-z_][\w.[\]]{0,80}$/.test(path) ? path : undefined;
}

function codeFor(status: number, param: string | undefined, message: string): ErrorCode {
  if (status === 401 || status === 403) return 'upstream_unauthorized';
  if (status === 404)
    return param === 'model' || message.startsWith('The model ') ? 'model_not_found' : 'upstream_error';
  if (status === 429 || status === 503) return 'upstream_overloaded';
  if (status === 504 || status === 408) return 'upstream_first_byte_timeout';
  if (status >= 400 && status < 500) {
    const tooLong = param === 'input_tokens' || message.includes('maximum context length');
    return tooLong ? 'context_length_exceeded' : 'upstream_rejected';
  }
  return 'upstream_error';
}

const CONNECTION_CODES: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'upstream_connect_timeout',
  UND_ERR_HEADERS_TIMEOUT: 'upstream_first_byte_timeout',
  UND_ERR_BODY_TIMEOUT: 'upstream_stalled',
  UND_ERR_ABORTED: 'client_closed_request',
};

function connectionError(thrown: unknown): GatewayError {
  let code: ErrorCode =
    thrown instanceof APIConnectionTimeoutError ? 'upstream_first_byte_timeout' : 'upstream_unreachable';
  // The client calls every time-out by one name; what undici says underneath is more precise.
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string')
      code = CONNECTION_CODES[error.code] ?? 'upstream_unreachable';
  }
  return new GatewayError(code, { cause: thrown });
}

/** Nobody means to wait longer, and a header must stay a number. */
const LONGEST_RETRY_AFTER_SECONDS = 86_400;

function readRetryAfter(headers: Headers | undefined): number | undefined {
  const value = headers?.get('retry-after');
  if (value === null || value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return seconds >= 0 ? Math.min(Math.ceil(seconds), LONGEST_RETRY_AFTER_SECONDS) : undefined;
}
