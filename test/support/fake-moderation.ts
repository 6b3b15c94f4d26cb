import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One question as the fake service received it. */
export interface ModerationRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** Writes the reply to one question. */
export type ModerationReply = (response: ServerResponse) => void;

/** A stand-in for a moderation service on a real socket. */
export interface FakeModeration {
  readonly url: string;
  readonly requests: ModerationRequest[];
  /** Replies to all further questions. */
  reply(reply: ModerationReply): void;
  close(): Promise<void>;
}

/** The verdict of `/v1/moderations`. */
export function flagged(isFlagged: boolean): ModerationReply {
  return (response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 'modr-1', model: 'guard', results: [{ flagged: isFlagged }] }));
  };
}

/** The verdict of a chat model. */
export function says(content: string): ModerationReply {
  return (response) => response.end(JSON.stringify({ choices: [{ message: { content } }] }));
}

/** A status without a verdict. */
export function failing(status: number): ModerationReply {
  return (response) => {
    response.statusCode = status;
    response.end('{"error":{"message":"no"}}');
  };
}

/** Never replies; the socket closes with whoever asks. */
export const silent: ModerationReply = () => undefined;

/** Starts a moderation service on a free loopback port. */
export async function startFakeModeration(first: ModerationReply = flagged(false)): Promise<FakeModeration> {
  let current = first;
  const requests: ModerationRequest[] = [];
  const server = createServer((incoming, response) => {
    const take = (body: string): void => {
      const { url = '', headers } = incoming;
      requests.push({ path: url, headers, body: JSON.parse(body) as Record<string, unknown> });
      current(response);
    };
    text(incoming).then(take, () => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    reply(reply) {
      current = reply;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
