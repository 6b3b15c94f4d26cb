import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { shareWhilePending } from './share-while-pending.ts';

/** Whether the gateway would answer a question now, and what is missing. */
export interface GatewayReadiness {
  readonly ready: boolean;
  readonly missing: readonly string[];
}

/** What the management port serves. */
export interface ManagementServerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: () => Promise<string>;
  readonly readiness: () => Promise<GatewayReadiness>;
}

/** The listening management port; it serves until the process ends, so that a drain can be watched. */
export interface ManagementServer {
  readonly port: number;
  close(): void;
}

type Reply = (response: ServerResponse) => void;

/** A scraper and a few probes; more connections than this are a mistake and are closed. */
const MAX_CONNECTIONS = 100;
const REQUEST_TIMEOUT_MS = 10_000;

/** Serves `/metrics`, `/livez` and `/readyz` apart from the public port. */
export async function startManagementServer(options: ManagementServerOptions): Promise<ManagementServer> {
  // Scrapes that come while one is collected share its text: the workers are asked once.
  const metrics = shareWhilePending(async () => text(200, await options.metrics()));
  const readiness = shareWhilePending(async () => {
    const state = await options.readiness();
    return json(state.ready ? 200 : 503, state);
  });
  const routes = new Map<string, () => Promise<Reply>>([
    ['/metrics', metrics],
    ['/livez', () => Promise.resolve(json(200, { live: true }))],
    ['/readyz', readiness],
  ]);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    request.resume();
    const route = routes.get(request.url?.split('?', 1)[0] ?? '');
    if (route === undefined) return json(404, { error: 'not found' })(response);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return json(405, { error: 'method not allowed' })(response);
    }
    return void route().then(
      (reply) => reply(response),
      () => json(500, { error: 'internal error' })(response),
    );
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return { port: portOf(server), close: () => closeAtOnce(server) };
}

function closeAtOnce(server: Server): void {
  server.close();
  server.closeAllConnections();
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function text(status: number, body: string): Reply {
  return (response) =>
    response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body);
}

function json(status: number, body: object): Reply {
  return (response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(`${JSON.stringify(body)}\n`);
}
