import { GatewayError } from '../errors/gateway-error.ts';

/** The state cannot be stored or read at the moment (locked, full, broken or gone); another try makes sense. */
export class StorageUnavailableError extends GatewayError {
  /** What SQLite or the writer said, as a code without data: `SQLITE_FULL`, `writer_crashed`. */
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super('storage_unavailable', { retryAfterSeconds: 1, cause });
    this.reason = reason;
  }
}
