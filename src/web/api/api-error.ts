import { objectOf, textOf } from './json-fields.ts';

/** What the page knows about a request that did not work out. */
export interface Failure {
  /** A code of the gateway's table, or one of the page's own: `unreachable`, `stream_incomplete`, `stream_invalid`. */
  readonly code: string;
  /** The gateway's sentence; empty when the gateway said nothing. */
  readonly message: string;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly answerId?: string | undefined;
  readonly traceId?: string | undefined;
}

/** A request to the gateway that failed, with everything a person may quote when asking for help. */
export class ApiError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`${failure.code}: ${failure.message}`, options);
    this.name = 'ApiError';
    this.failure = failure;
  }
}

/** The failure inside an `{"error": …}` body or stream frame; `undefined` when there is none. */
export function failureOfBody(body: unknown): Failure | undefined {
  const { error } = objectOf(body);
  if (typeof error === 'string') return { code: 'internal_error', message: error };
  if (typeof error !== 'object' || error === null) return undefined;
  const fields = objectOf(error);
  return {
    code: textOf(fields['code']) ?? 'internal_error',
    message: textOf(fields['message']) ?? '',
    requestId: textOf(fields['request_id']),
  };
}

/** The error a response with a failing status stands for, whoever wrote its body. */
export async function errorOfResponse(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const told = failureOfBody(body);
  return new ApiError({
    code: told?.code ?? `http_${response.status}`,
    message: told?.message ?? '',
    status: response.status,
    ...idsOfResponse(response, told?.requestId),
  });
}

/** The ids the gateway puts on every response. */
export function idsOfResponse(response: Response, requestId?: string) {
  return {
    requestId: requestId ?? response.headers.get('x-request-id') ?? undefined,
    answerId: response.headers.get('x-glassgate-answer-id') ?? undefined,
    traceId: response.headers.get('x-glassgate-trace-id') ?? undefined,
  };
}

/** Whatever was thrown, as a failure: what is not an answer of the gateway is a connection that broke. */
export function failureOf(thrown: unknown): Failure {
  return thrown instanceof ApiError ? thrown.failure : { code: 'unreachable', message: '' };
}
