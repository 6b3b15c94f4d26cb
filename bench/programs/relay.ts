import { pipeline } from 'node:stream/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request, type Dispatcher } from 'undici';
import { listenOnLoopback } from './listen-on-loopback.ts';
import { announceReady, answerParent } from './parent-channel.ts';

// The bare relay: what any gateway in Node pays for a request before it does anything of its own.
const upstream = process.argv[2] ?? '';
const agent = new Agent({ connections: 512, headersTimeout: 0, bodyTimeout: 0 });

answerParent(() => undefined);
announceReady(await listenOnLoopback((incoming, outgoing) => void relay(incoming, outgoing)));

async function relay(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  try {
    const response = await request(upstream + (incoming.url ?? '/'), {
      dispatcher: agent,
      method: incoming.method ?? 'GET',
      headers: { 'content-type': incoming.headers['content-type'] },
      body: incoming.method === 'GET' ? null : await readBody(incoming),
    });
    outgoing.writeHead(response.statusCode, forwarded(response.headers));
    await pipeline(response.body, outgoing);
  } catch {
    // A caller who left or an upstream that broke: the connection says so.
    outgoing.destroy();
  }
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function forwarded(headers: Dispatcher.ResponseData['headers']): Record<string, string | string[]> {
  const { 'content-type': type, 'content-length': length } = headers;
  return {
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(length === undefined ? {} : { 'content-length': length }),
  };
}
