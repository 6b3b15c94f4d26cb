import { SpanKind } from '@opentelemetry/api';
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../errors/codes.ts';
import { GatewayError, toGatewayError } from '../errors/gateway-error.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { log } from '../telemetry/log.ts';
import * as semconv from '../telemetry/semconv.ts';
import { openSpan } from '../telemetry/spans.ts';
import { ATTRIBUTES } from '../telemetry/vocabulary.ts';
import { errorBody, errorResponse } from './error-response.ts';
import { breakOffBody } from './wire/read-body.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'header_timeout',
};
/** A connection closed with bytes unread is reset, and a reset can overtake the refusal: so the rest is read for this long. */
const LINGER_MS = 1000;

interface Exchanged {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/**
 * Answers what Node's parser refuses, so that no request handler ever sees it: an OpenAI-shaped error, one span,
 * one log line and one count, as for every other request.
 */
export function answerMalformedRequests(server: Server, instruments: Instruments): void {
  /** The newest request of each connection; answers leave in order, so it is also the last to be answered. */
  const newest = new WeakMap<Socket, Exchanged>();
  const refused = new WeakSet<Socket>();
  const refuse = (socket: Socket, error: GatewayError): void => {
    if (refused.has(socket) || !socket.writable) return;
    refused.add(socket);
    writeRefusal(socket, error, instruments);
  };
  server.prependListener('request', (incoming, outgoing) =>
    newest.set(incoming.socket, { incoming, outgoing }),
  );
  // Node would answer 417 by itself; what is expected besides 100-continue need not be granted (RFC 9110).
  server.on('checkExpectation', (incoming, outgoing) => server.emit('request', incoming, outgoing));
  server.on('connect', (_incoming, socket) =>
    refuse(socket as Socket, new GatewayError('method_not_allowed')),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const fault = new GatewayError(CODES[error.code ?? ''] ?? 'malformed_http', { cause: error });
    const last = newest.get(socket);
    if (last?.outgoing.closed === false) return afterAnswer(last, () => refuse(socket, fault));
    // The rest of a body whose answer is out, a reset, or a connection opened in advance and never used: no request.
    const unasked =
      last?.incoming.complete === false || error.code === 'ECONNRESET' || socket.bytesRead === 0;
    if (unasked) socket.destroy();
    else refuse(socket, fault);
  });
}

/** What the HTTP framework cannot make a request of (no host, a target that is no path), answered and told like the above. */
export function refuseRequest(thrown: unknown, instruments: Instruments): Response {
  const unreadable = thrown instanceof Error && thrown.name === 'RequestError';
  const error = unreadable ? new GatewayError('malformed_http', { cause: thrown }) : toGatewayError(thrown);
  const ids = report(error, instruments);
  const response = errorResponse(error, ids.requestId);
  response.headers.set('x-request-id', ids.requestId);
  response.headers.set('x-glassgate-trace-id', ids.traceId);
  return response;
}

/** A fault inside the body is its reader's to tell; one behind it is a request of its own, answered in its turn. */
function afterAnswer({ incoming, outgoing }: Exchanged, refuse: () => void): void {
  if (incoming.complete) {
    outgoing.once('close', refuse);
    return;
  }
  breakOffBody(incoming);
  outgoing.once('close', () => incoming.socket.destroy());
}

function writeRefusal(socket: Socket, error: GatewayError, instruments: Instruments): void {
  const { requestId, traceId } = report(error, instruments);
  const body = JSON.stringify(errorBody(error, requestId));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    `X-Glassgate-Trace-Id: ${traceId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}

function report(error: GatewayError, instruments: Instruments): { requestId: string; traceId: string } {
  const requestId = randomUUID();
  const attributes = {
    [semconv.ATTR_HTTP_REQUEST_METHOD]: semconv.METHOD_OTHER,
    [semconv.ATTR_HTTP_RESPONSE_STATUS_CODE]: error.status,
  } as const;
  const span = openSpan('HTTP', {
    kind: SpanKind.SERVER,
    attributes: { ...attributes, [ATTRIBUTES.ERROR_CODE]: error.code },
  });
  span.end();
  instruments['http.server.request.duration'].record(0, attributes);
  const details = { ...attributes, [ATTRIBUTES.REQUEST_ID]: requestId, [ATTRIBUTES.ERROR_CODE]: error.code };
  log.warn('request.completed', details, span.context);
  return { requestId, traceId: span.traceId };
}
