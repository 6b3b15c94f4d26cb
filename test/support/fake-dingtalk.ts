import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A message the robot took. */
export interface ReceivedMessage {
  readonly title: string;
  readonly text: string;
  readonly mobiles: readonly string[];
  readonly at: number;
}

/** DingTalk's custom robot as it behaves: 200 for everything, and the truth in `errcode`. */
export interface FakeDingTalk extends AsyncDisposable {
  /** The robot's webhook, with its access token. */
  readonly url: string;
  readonly messages: readonly ReceivedMessage[];
  /** Every `errcode` that was answered, 0 included. */
  readonly codes: readonly number[];
  /** Answers the next request in another way than the robot's own. */
  misbehave(...replies: ((response: ServerResponse) => void)[]): void;
}

/** What the robot demands. */
export interface FakeDingTalkOptions {
  readonly token: string;
  readonly secret?: string;
  readonly keyword?: string;
  readonly now?: () => number;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const PER_MINUTE = 20;
const LIMIT_BYTES = 20_000;

/** Starts a robot on loopback. */
export async function startFakeDingTalk(options: FakeDingTalkOptions): Promise<FakeDingTalk> {
  const { token, now = Date.now } = options;
  const messages: ReceivedMessage[] = [];
  const codes: number[] = [];
  const requests: number[] = [];
  const others: ((response: ServerResponse) => void)[] = [];
  const judge = (incoming: IncomingMessage, body: string): number => {
    const query = new URL(incoming.url ?? '', 'http://localhost').searchParams;
    if (query.get('access_token') !== token) return 300_001;
    if (!isSigned(query, options, now())) return 310_000;
    requests.push(now());
    if (requests.filter((at) => at > now() - MINUTE_MS).length > PER_MINUTE) return 130_101;
    if (Buffer.byteLength(body) > LIMIT_BYTES) return 460_101;
    const { markdown, at } = JSON.parse(body) as {
      markdown: { title: string; text: string };
      at: { atMobiles: string[] };
    };
    if (!`${markdown.title}${markdown.text}`.includes(options.keyword ?? '')) return 310_000;
    messages.push({ ...markdown, mobiles: at.atMobiles, at: now() });
    return 0;
  };
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(incoming);
    const other = others.shift();
    if (other !== undefined) {
      other(response);
      return;
    }
    const errcode = judge(incoming, body);
    codes.push(errcode);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ errcode, errmsg: errcode === 0 ? 'ok' : '消息没有发送' }));
  };
  const server = createServer((incoming, response) => void answer(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/robot/send?access_token=${token}`,
    messages,
    codes,
    misbehave: (...replies) => void others.push(...replies),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => undefined);
    },
  };
}

function isSigned(query: URLSearchParams, { secret }: FakeDingTalkOptions, now: number): boolean {
  if (secret === undefined) return true;
  const timestamp = query.get('timestamp') ?? '';
  if (!/^\d{13}$/.test(timestamp) || Math.abs(now - Number(timestamp)) > HOUR_MS) return false;
  const expected = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64');
  return query.get('sign') === expected;
}
