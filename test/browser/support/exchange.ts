import type { ServerResponse } from 'node:http';

/** One question to be answered: the open response, and the ids it has. */
export interface Exchange {
  readonly response: ServerResponse;
  readonly question: string;
  readonly ids: { readonly answerId: string; readonly traceId: string; readonly requestId: string };
  /** Files the record that `GET /v1/answers/{id}` gives. */
  readonly keep: (record: Record<string, unknown>) => void;
  /** Resolves when the page has hung up. */
  readonly hungUp: Promise<void>;
}

/** How one question is answered. */
export type Reply = (exchange: Exchange) => Promise<void> | void;

/** Answers with the error body of the contract. */
export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  message = `Fake ${code}.`,
): void {
  const requestId = response.getHeader('x-request-id') ?? 'req_none';
  const error = { message, type: 'invalid_request_error', code, param: null, request_id: requestId };
  sendJson(response, status, { error });
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
