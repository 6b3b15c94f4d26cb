import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Instruments } from '../telemetry/instruments.ts';
import type { GatewayEnvironment } from './exchange.ts';
import { answerMalformedRequests, refuseRequest } from './malformed-request.ts';

/** The public port of one worker. */
export interface PublicServer {
  readonly port: number;
  /** Stops accepting and ends idle connections; those with an answer in progress stay until it is over. */
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
  headersTimeout: HEADERS_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  // Bodies have a time of their own (read-body.ts).
  requestTimeout: 0,
  // Refused by us, or it would be in none of the three signals.
  requireHostHeader: false,
};

/** Listens on the public port and answers with the app. */
export async function listen(
  app: Hono<GatewayEnvironment>,
  address: { readonly host: string; readonly port: number },
  instruments: Instruments,
): Promise<PublicServer> {
  const answer = getRequestListener(app.fetch, {
    overrideGlobalObjects: false,
    errorHandler: (thrown) => refuseRequest(thrown, instruments),
  });
  const server = createServer(SERVER_OPTIONS, (incoming, outgoing) => void answer(incoming, outgoing));
  answerMalformedRequests(server, instruments);
  const connections = trackConnections(server);
  server.listen(address.port, address.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stopAccepting() {
      server.close();
      closeUnused(server, connections);
    },
    idle: (timeoutMs) => waitUntilIdle(server, connections, timeoutMs),
    cut: () => server.closeAllConnections(),
  };
}

function trackConnections(server: Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  return connections;
}

/** Node counts a connection as idle only after its first request; browsers open some in advance that never see one. */
function closeUnused(server: Server, connections: ReadonlySet<Socket>): void {
  server.closeIdleConnections();
  for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
}

async function waitUntilIdle(
  server: Server,
  connections: ReadonlySet<Socket>,
  timeoutMs: number,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // Node tells nobody when the last connection of a closed server goes idle after its answer.
  const poll = setInterval(() => {
    closeUnused(server, connections);
    if (connections.size === 0) resolve(true);
  }, 20);
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const idle = await promise;
  clearInterval(poll);
  clearTimeout(timer);
  return idle;
}
