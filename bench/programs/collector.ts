import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenOnLoopback } from './listen-on-loopback.ts';
import { announceReady, answerParent } from './parent-channel.ts';

/** What the sink has received so far. */
export interface Received {
  readonly spans: number;
  /** Only the line that ends each request. */
  readonly logRecords: number;
  readonly metricExports: number;
}

// Stands in for a Collector: accepts OTLP over HTTP and counts, so that what left the gateway is known to have arrived.
const received = { spans: 0, logRecords: 0, metricExports: 0 };

answerParent((): Received => ({ ...received }));
announceReady(await listenOnLoopback((incoming, outgoing) => void accept(incoming, outgoing)));

async function accept(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  if (incoming.url === '/v1/traces') received.spans += count(body, '"startTimeUnixNano"');
  else if (incoming.url === '/v1/logs') received.logRecords += count(body, '"eventName":"request.completed"');
  else received.metricExports += 1;
  outgoing.writeHead(200, { 'content-type': 'application/json' }).end('{}');
}

function count(body: Buffer, word: string): number {
  let found = 0;
  for (let at = body.indexOf(word); at !== -1; at = body.indexOf(word, at + word.length)) found += 1;
  return found;
}
