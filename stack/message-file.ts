import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** Takes the place of DingTalk's robot where nobody has one: messages go into a file. */
export interface MessageFile extends AsyncDisposable {
  /** What the relay takes for the robot's webhook. */
  readonly url: string;
}

/** Listens on loopback and appends every message to a Markdown file. */
export async function startMessageFile(path: string): Promise<MessageFile> {
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { markdown } = (await json(request)) as { markdown: { text: string } };
    await appendFile(path, `${markdown.text}\n\n---\n\n`);
    response.setHeader('content-type', 'application/json');
    response.end('{"errcode":0,"errmsg":"ok"}');
  };
  const server = createServer((request, response) => {
    // Nobody but the relay has the address; whatever else comes is refused and forgotten.
    take(request, response).catch(() => response.writeHead(400).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/robot/send?access_token=local`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
