/** How one kind of error is answered, counted and explained. The table below is the only place that decides these. */
interface ErrorRule {
  readonly status: number;
  /** OpenAI's `type` of an error body. */
  readonly type:
    | 'invalid_request_error'
    | 'authentication_error'
    | 'permission_error'
    | 'not_found_error'
    | 'rate_limit_error'
    | 'service_unavailable_error'
    | 'upstream_error'
    | 'server_error';
  /** What the caller reads when nothing more precise is known. Never holds data of ours or of the upstream. */
  readonly message: string;
  /** Whose matter it is: the caller's, a policy's, the upstream's or ours. */
  readonly fault: 'caller' | 'policy' | 'upstream' | 'gateway';
}

/** Every error code of the public contract (documented in docs/en/api/errors.md; a test holds the two together). */
export const ERROR_CODES = {
  invalid_json: rule(400, 'caller', 'The body is not valid JSON.'),
  invalid_encoding: rule(400, 'caller', 'The body is not valid UTF-8.'),
  invalid_unicode: rule(400, 'caller', 'Text must not contain NUL characters or lone surrogates.'),
  nesting_too_deep: rule(400, 'caller', 'The body is nested too deeply.'),
  invalid_request: rule(400, 'caller', 'A field of the request has a wrong type or value.'),
  too_many_messages: rule(400, 'caller', 'The conversation has too many messages.'),
  no_user_message: rule(400, 'caller', 'The conversation needs at least one user message with text.'),
  context_length_exceeded: rule(400, 'caller', 'The prompt is longer than the context of the model.'),
  upstream_rejected: rule(400, 'caller', 'The model server does not accept this request.'),
  question_blocked: rule(400, 'policy', 'The question was blocked by a guard rule.'),
  answer_blocked: rule(400, 'policy', 'The answer was stopped by a guard rule.'),
  malformed_http: rule(400, 'caller', 'The request is not valid HTTP.'),
  body_incomplete: rule(400, 'caller', 'The connection ended before the body was complete.'),
  authentication_required: rule(
    401,
    'caller',
    'An API key is required: Authorization: Bearer <key>.',
    'authentication_error',
  ),
  invalid_api_key: rule(401, 'caller', 'The API key is not known or was revoked.', 'authentication_error'),
  cross_site_request: rule(
    403,
    'caller',
    'A browser request from another site is not accepted.',
    'permission_error',
  ),
  not_found: rule(404, 'caller', 'There is nothing at this address.', 'not_found_error'),
  model_not_found: rule(
    404,
    'caller',
    'The model does not exist or may not be used with this key.',
    'not_found_error',
  ),
  collection_not_found: rule(404, 'caller', 'The collection does not exist.', 'not_found_error'),
  answer_not_found: rule(404, 'caller', 'There is no such answer of yours.', 'not_found_error'),
  method_not_allowed: rule(405, 'caller', 'This address does not take this method.'),
  body_timeout: rule(408, 'caller', 'The body did not arrive in time.'),
  header_timeout: rule(408, 'caller', 'The request headers did not arrive in time.'),
  body_too_large: rule(413, 'caller', 'The body is larger than this gateway accepts.'),
  unsupported_media_type: rule(415, 'caller', 'The body must be application/json.'),
  rate_limited: rule(429, 'policy', 'Too many requests: wait and try again.', 'rate_limit_error'),
  headers_too_large: rule(431, 'caller', 'The request headers are larger than this gateway accepts.'),
  client_closed_request: rule(499, 'caller', 'The caller left before the answer was complete.'),
  internal_error: rule(500, 'gateway', 'The gateway failed to answer this request.', 'server_error'),
  guard_failed: rule(500, 'gateway', 'The question could not be judged by the guard.', 'server_error'),
  upstream_error: rule(502, 'upstream', 'The model server failed.', 'upstream_error'),
  upstream_unreachable: rule(502, 'upstream', 'The model server cannot be reached.', 'upstream_error'),
  upstream_unauthorized: rule(
    502,
    'upstream',
    'The model server refused the credentials of the gateway.',
    'upstream_error',
  ),
  stream_interrupted: rule(502, 'upstream', 'The model server broke off its answer.', 'upstream_error'),
  overloaded: rule(
    503,
    'gateway',
    'The gateway is at its limit: wait and try again.',
    'service_unavailable_error',
  ),
  shutting_down: rule(
    503,
    'gateway',
    'The gateway is shutting down: try again.',
    'service_unavailable_error',
  ),
  storage_unavailable: rule(
    503,
    'gateway',
    'The state could not be stored: try again.',
    'service_unavailable_error',
  ),
  upstream_overloaded: rule(
    503,
    'upstream',
    'The model server is at its limit: wait and try again.',
    'service_unavailable_error',
  ),
  upstream_connect_timeout: rule(
    504,
    'upstream',
    'The model server did not accept a connection in time.',
    'upstream_error',
  ),
  upstream_first_byte_timeout: rule(
    504,
    'upstream',
    'The model server did not begin to answer in time.',
    'upstream_error',
  ),
  upstream_stalled: rule(
    504,
    'upstream',
    'The model server stopped sending in the middle of its answer.',
    'upstream_error',
  ),
  upstream_total_timeout: rule(
    504,
    'upstream',
    'The answer took longer than this gateway allows.',
    'upstream_error',
  ),
} as const satisfies Record<string, ErrorRule>;

/** A stable code a client may depend on. */
export type ErrorCode = keyof typeof ERROR_CODES;

function rule(
  status: number,
  fault: ErrorRule['fault'],
  message: string,
  type: ErrorRule['type'] = 'invalid_request_error',
): ErrorRule {
  return { status, type, message, fault };
}
