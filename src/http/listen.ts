import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Instruments } from '../telemetry/instruments.ts';
import type { GatewayEnvironment } from './exchange.ts';
import { answerMalformedRequests, refuseRequest } from './malformed-request.ts';

/** The public port of one worker. */
export interface PublicServer {
  readonly port: number;
  /**
   * Stops accepting. A request that is already on its way on a kept-alive connection is still answered, as the last
   * one there: whoever closes an idle connection first resets what its client is just sending.
   */
  stopAccepting(): void;
  /** Resolves with whether every connection has ended within `timeoutMs`. */
  idle(timeoutMs: number): Promise<boolean>;
  /** Cuts what is still open. */
  cut(): void;
}

/** Longer than the idle time of the usual proxies, so that they and not we close an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const HEADERS_TIMEOUT_MS = 10_000;
const SERVER_OPTIONS = {
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  // Bodies have a time of their own (read-body.ts).
  requestTimeout: 0,
  // Refused by us, or it would be in none of the three signals.
  requireHostHeader: false,
};

/** Where to listen. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** Once nothing is accepted any more: how long a connection without a request is left to its client. */
  readonly idleGraceMs: number;
  /** Longest wait for the head of a request. */
  readonly headersTimeoutMs?: number | undefined;
}

/** Listens on the public port and answers with the app. */
export async function listen(
  app: Hono<GatewayEnvironment>,
  { host, port, idleGraceMs, headersTimeoutMs: headersTimeout = HEADERS_TIMEOUT_MS }: ListenOptions,
  instruments: Instruments,
): Promise<PublicServer> {
  const answer = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: (thrown) => refuseRequest(thrown, instruments),
  });
  let accepting = true;
  const server = createServer({ ...SERVER_OPTIONS, headersTimeout }, (incoming, outgoing) => {
    // Says `Connection: close`, so that the client takes a new connection for its next request.
    if (!accepting) outgoing.shouldKeepAlive = false;
    void answer(incoming, outgoing);
  });
  answerMalformedRequests(server, instruments);
  const connections = trackConnections(server);
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stopAccepting() {
      accepting = false;
      // Not the `close` of node:http, which ends idle connections at once.
      NetServer.prototype.close.call(server);
    },
    idle: (timeoutMs) => waitUntilIdle(connections, idleGraceMs, timeoutMs),
    cut: () => server.closeAllConnections(),
  };
}

/** Open connections; the value says since when one has had no request, or which answer of it is the last to come. */
type Connections = Map<Socket, number | ServerResponse>;

function trackConnections(server: Server): Connections {
  const connections: Connections = new Map();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, performance.now());
    socket.once('close', () => connections.delete(socket));
  });
  server.prependListener('request', ({ socket }, outgoing) => {
    connections.set(socket, outgoing);
    outgoing.once('close', () => {
      if (connections.get(socket) === outgoing) connections.set(socket, performance.now());
    });
  });
  return connections;
}

async function waitUntilIdle(connections: Connections, graceMs: number, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const startedAt = performance.now();
  // Node tells nobody when the last connection of a closed server goes idle after its answer.
  const poll = setInterval(() => {
    for (const [socket, idleSince] of connections) {
      if (typeof idleSince !== 'number') continue;
      if (performance.now() - Math.max(idleSince, startedAt) >= graceMs) socket.destroy();
    }
    if (connections.size === 0) resolve(true);
  }, 20);
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const idle = await promise;
  clearInterval(poll);
  clearTimeout(timer);
  return idle;
}
