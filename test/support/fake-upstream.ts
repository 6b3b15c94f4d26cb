import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One chat request as the fake upstream received it. */
export interface ReceivedRequest {
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
  /** The body as it stood on the wire: numbers that JSON.parse would round are exact here. */
  readonly text: string;
  /** Resolves with how the exchange ended on the upstream's side. */
  readonly ended: Promise<'complete' | 'aborted'>;
}

/** Writes the reply to one chat request; resolves when it has nothing more to write. */
export type Reply = (response: ServerResponse, request: ReceivedRequest) => void | Promise<void>;

/** A stand-in for vLLM on a real socket. */
export interface FakeUpstream {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Replies to the next requests, in order; the last one stays. */
  reply(...replies: Reply[]): void;
  close(): Promise<void>;
}

/** Name of the model in vLLM's recorded answers. */
export const FAKE_MODEL = 'smollm2-135m-instruct';

/** Starts a fake vLLM: recorded shapes over a real socket, each reply scripted by the test. */
export async function startFakeUpstream(...replies: Reply[]): Promise<FakeUpstream> {
  let script = replies;
  const requests: ReceivedRequest[] = [];
  const server = createServer((incoming, response) => {
    if (incoming.url === '/v1/models') {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          object: 'list',
          data: [{ id: FAKE_MODEL, created: 1, root: '/models/secret', max_model_len: 2048 }],
        }),
      );
      return;
    }
    void serveChat(incoming, response);
  });
  const serveChat = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readText(incoming);
    const body = JSON.parse(text) as Record<string, unknown>;
    const ended = once(response, 'close').then(() => (response.writableFinished ? 'complete' : 'aborted'));
    const request = { headers: incoming.headers, body, text, ended };
    requests.push(request);
    const reply = script.length > 1 ? script.shift() : script[0];
    if (reply === undefined) throw new Error('the test has scripted no reply');
    await reply(response, request);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    reply(...next) {
      script = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
