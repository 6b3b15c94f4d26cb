import { once } from 'node:events';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';

/** The handbook behind a web server, so that links to its pages can be opened. */
export interface HandbookServer extends AsyncDisposable {
  readonly url: string;
}

const DOCS = join(import.meta.dirname, '../../docs');

/** Serves docs/ on loopback as it lies there. */
export async function startHandbookServer(): Promise<HandbookServer> {
  const server = createServer((request, response) => {
    // `normalize` of an absolute path never leaves its root.
    const path = join(DOCS, normalize(new URL(request.url ?? '/', 'http://localhost').pathname));
    readFile(path, 'utf8').then(
      (text) => response.end(text),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
