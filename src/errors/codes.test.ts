import { describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from './codes.ts';

type Rule = (typeof ERROR_CODES)[ErrorCode];

const CODES = Object.entries(ERROR_CODES) as [ErrorCode, Rule][];
const TYPES_BY_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'server_error',
  502: 'upstream_error',
  503: 'service_unavailable_error',
  504: 'upstream_error',
};

describe.each(CODES)('%s', (code, { status, type, fault, message }) => {
  test('is a word that fits a label', () => {
    expect(code).toMatch(/^[a-z]+(?:_[a-z]+)*$/);
  });

  test('has a status of errors', () => {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
  });

  test('has the type of its status', () => {
    expect(type).toBe(TYPES_BY_STATUS[status] ?? 'invalid_request_error');
  });

  test('is the fault of whom the status says', () => {
    const isOurs = fault === 'gateway' || fault === 'upstream';
    expect(isOurs).toBe(status >= 500);
    if (status >= 500) return;
    expect(['caller', 'policy']).toContain(fault);
  });

  test('has one sentence for the caller', () => {
    expect(message).toMatch(/^[A-Z][^\n]*[^.]\.$|^An API key is required: Authorization: Bearer <key>\.$/);
    expect(message.length).toBeLessThan(120);
  });
});

test('no two codes say the same', () => {
  expect(new Set(CODES.map(([, { message }]) => message)).size).toBe(CODES.length);
});

test('the table is what clients depend on: what goes or changes its status is a breaking change', () => {
  expect(Object.fromEntries(CODES.map(([code, { status }]) => [code, status]))).toMatchObject({
    invalid_json: 400,
    invalid_encoding: 400,
    invalid_unicode: 400,
    nesting_too_deep: 400,
    invalid_request: 400,
    too_many_messages: 400,
    no_user_message: 400,
    context_length_exceeded: 400,
    upstream_rejected: 400,
    question_blocked: 400,
    answer_blocked: 400,
    malformed_http: 400,
    body_incomplete: 400,
    authentication_required: 401,
    invalid_api_key: 401,
    cross_site_request: 403,
    not_found: 404,
    model_not_found: 404,
    collection_not_found: 404,
    answer_not_found: 404,
    method_not_allowed: 405,
    body_timeout: 408,
    header_timeout: 408,
    body_too_large: 413,
    unsupported_media_type: 415,
    rate_limited: 429,
    headers_too_large: 431,
    client_closed_request: 499,
    internal_error: 500,
    upstream_error: 502,
    upstream_unreachable: 502,
    upstream_unauthorized: 502,
    stream_interrupted: 502,
    overloaded: 503,
    shutting_down: 503,
    storage_unavailable: 503,
    upstream_overloaded: 503,
    upstream_connect_timeout: 504,
    upstream_first_byte_timeout: 504,
    upstream_stalled: 504,
    upstream_total_timeout: 504,
  });
});
