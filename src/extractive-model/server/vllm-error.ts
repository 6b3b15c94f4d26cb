import { STATUS_CODES } from 'node:http';

/** An answer in the error shape of vLLM, whose `code` is the HTTP status as a number. */
export class VllmError extends Error {
  override readonly name = 'VllmError';
  readonly status: number;
  readonly body: object;

  constructor(status: number, type: string, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.body = { error: { message, type, param, code: status } };
  }
}

/** The request names a model this server does not have. */
export function unknownModel(model: string, known: string): VllmError {
  const message = `The model \`${model}\` does not exist. Valid aliases: ${known}.`;
  return new VllmError(404, 'NotFoundError', message, 'model');
}

/** The prompt alone is longer than the model takes. */
export function promptTooLong(tokens: number, limit: number): VllmError {
  return new VllmError(
    400,
    'BadRequestError',
    `This model's maximum context length is ${limit} tokens. However, your prompt contains ${tokens} input tokens, ` +
      `which exceeds this limit even without any output tokens. (parameter=input_tokens, value=${tokens})`,
    'input_tokens',
  );
}

/** The request asks for a longer answer than the model can give. */
export function maxTokensTooLarge(maxTokens: number, limit: number): VllmError {
  return new VllmError(
    400,
    'BadRequestError',
    `max_tokens=${maxTokens} cannot be greater than max_model_len=${limit}. ` +
      `Please request fewer output tokens. (parameter=max_tokens, value=${maxTokens})`,
    'max_tokens',
  );
}

/** The request is not of the form the API asks for. */
export function invalidRequest(faults: readonly { type: string; loc: string; message: string }[]): VllmError {
  const lines = faults.map(
    ({ type, loc, message }) => `  {'type': '${type}', 'loc': '${loc}', 'msg': '${message}'}`,
  );
  const head = `${faults.length} validation error${faults.length === 1 ? '' : 's'}:`;
  return new VllmError(400, 'Bad Request', [head, ...lines].join('\n'), faults[0]?.loc ?? null);
}

/** More answers are waiting than the engine takes. */
export function engineBusy(): VllmError {
  const message =
    'The engine is currently busy and cannot accept new requests. Please try again later or on a different instance.';
  return new VllmError(503, 'Service Unavailable', message);
}

/** A fault of this server; what it was stays here. */
export function internalError(): VllmError {
  return new VllmError(500, 'InternalServerError', 'The model failed to answer.');
}

/** A route, method or size that vLLM's web framework refuses: no `error` object, only a detail. */
export function httpDetail(status: 404 | 405 | 413): { status: number; body: object } {
  return { status, body: { detail: STATUS_CODES[status] } };
}
