import { expect, it } from 'vitest';
import { GatewayError } from '../errors/gateway-error.ts';
import { StorageUnavailableError } from './storage-unavailable-error.ts';

it('is a 503 of the error table that asks to try again and keeps its reason to itself', () => {
  const cause = new Error('disk I/O error at /secret/path');

  const error = new StorageUnavailableError('SQLITE_IOERR', cause);

  expect(error).toBeInstanceOf(GatewayError);
  const { code, status, retryAfterSeconds } = error;
  expect({ code, status, retryAfterSeconds }).toEqual({
    code: 'storage_unavailable',
    status: 503,
    retryAfterSeconds: 1,
  });
  expect(error.reason).toBe('SQLITE_IOERR');
  expect(error.cause).toBe(cause);
  expect(error.message).toBe('The state could not be stored: try again.');
});
