import { ERROR_CODES, type ErrorCode } from './codes.ts';

/** What may accompany an error besides its code. */
export interface GatewayErrorOptions {
  /** More precise than the table's sentence; safe for the caller to read. */
  readonly message?: string;
  /** The request field at fault, as OpenAI's `param`. */
  readonly param?: string;
  /** Seconds after which another try makes sense: becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A failure with a stable code. The code alone decides status, type and metric label (`errors/codes.ts`). */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly param: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    super(options.message ?? ERROR_CODES[code].message, { cause: options.cause });
    this.code = code;
    this.status = ERROR_CODES[code].status;
    this.param = options.param;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Wraps whatever was thrown; what is not ours becomes `internal_error` with the original as cause. */
export function toGatewayError(thrown: unknown): GatewayError {
  return thrown instanceof GatewayError ? thrown : new GatewayError('internal_error', { cause: thrown });
}
