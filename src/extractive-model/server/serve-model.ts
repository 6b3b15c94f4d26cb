import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerPrimary } from '../../processes/answer-primary.ts';

/** How a model server lives as a process of its own. */
export interface ServeModelOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** Prometheus text of this process, for the parent's page of all processes. */
  readonly metrics: () => Promise<string>;
  /** Sends the last spans away. */
  readonly flush: () => Promise<void>;
}

/** Answers that still run when the process is to end get this long. */
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Listens on loopback, tells a parent process the port, and ends when the parent says so (`drain`) or is gone;
 * without a parent on SIGTERM or SIGINT. Open answers end first, then the telemetry.
 */
export async function serveModel(
  server: Server,
  { port, metrics, flush }: ServeModelOptions,
): Promise<number> {
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) return;
    isEnding = true;
    await closeServer(server);
    await flush();
    process.exit(0);
  };
  // A signal to the whole group must not end the model under answers that the parent's workers still give.
  const onSignal = process.send === undefined ? end : async () => undefined;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void onSignal());
  process.on('disconnect', () => void end());
  answerPrimary({ metrics, drain: () => void end() });

  // `close` ends only the connections that are idle then; one kept alive after its last answer has to go too.
  server.on('request', (_, response) => {
    response.on('close', () => isEnding && setImmediate(() => server.closeIdleConnections()));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  announce(address.port);
  return address.port;
}

/** To the parent over its channel; to a person who started it by hand as one JSON line. */
function announce(port: number): void {
  if (process.send !== undefined) process.send({ type: 'listening', port });
  else
    process.stdout.write(
      `${JSON.stringify({ event: 'server.listening', url: `http://127.0.0.1:${port}` })}\n`,
    );
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
  await closed;
  clearTimeout(timer);
}
