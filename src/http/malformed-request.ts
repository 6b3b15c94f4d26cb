import { SpanKind } from '@opentelemetry/api';
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../errors/codes.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import type { Instruments } from '../telemetry/instruments.ts';
import { log } from '../telemetry/log.ts';
import * as semconv from '../telemetry/semconv.ts';
import { openSpan } from '../telemetry/spans.ts';
import { ATTRIBUTES } from '../telemetry/vocabulary.ts';
import { errorBody } from './error-response.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'header_timeout',
  HPE_INVALID_EOF_STATE: 'body_incomplete',
};

/**
 * Answers what Node's parser refuses, so that no request handler ever sees it: an OpenAI-shaped error, one span,
 * one log line and one count, as for every other request.
 */
export function answerMalformedRequests(server: Server, instruments: Instruments): void {
  const busy = new WeakSet<Duplex>();
  server.prependListener('request', (incoming, outgoing) => {
    busy.add(incoming.socket);
    outgoing.once('close', () => busy.delete(incoming.socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A request in progress on this socket has a handler, which sees the broken body itself and reports it.
    if (busy.has(socket) || error.code === 'ECONNRESET' || !socket.writable) {
      if (!busy.has(socket)) socket.destroy();
      return;
    }
    refuse(
      socket,
      new GatewayError(CODES[error.code ?? ''] ?? 'malformed_http', { cause: error }),
      instruments,
    );
  });
}

function refuse(socket: Duplex, error: GatewayError, instruments: Instruments): void {
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
  const body = JSON.stringify(errorBody(error, requestId));
  socket.end(
    `HTTP/1.1 ${error.status} Refused\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `X-Request-Id: ${requestId}\r\nConnection: close\r\n\r\n${body}`,
  );
}
