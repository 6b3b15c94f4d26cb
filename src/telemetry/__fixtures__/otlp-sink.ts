import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** One export request. */
export interface Export {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** A receiver of OTLP over HTTP in JSON. */
export interface OtlpSink {
  readonly url: string;
  readonly exports: Export[];
  /** Every object in the bodies sent to a path that has this key. */
  collect(path: string, key: string): Record<string, unknown>[];
}

/** Starts a receiver that keeps everything and is gone when the test is over. `answer: false`: it takes and never answers. */
export async function startOtlpSink(options: { answer: boolean } = { answer: true }): Promise<OtlpSink> {
  const exports: Export[] = [];
  const receive = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    exports.push({ path: incoming.url ?? '', headers: incoming.headers, body: await json(incoming) });
    if (options.answer) outgoing.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer((incoming, outgoing) => void receive(incoming, outgoing));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exports,
    collect: (path, key) =>
      exports.filter((sent) => sent.path === path).flatMap(({ body }) => objectsWith(body, key)),
  };
}

function objectsWith(value: unknown, key: string): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return [];
  const here = key in value ? [value as Record<string, unknown>] : [];
  return [...here, ...Object.values(value).flatMap((inner) => objectsWith(inner, key))];
}
