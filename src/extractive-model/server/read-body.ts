import type { IncomingMessage } from 'node:http';

/** Room for a long conversation with images; the gateway in front has its own, lower limit. */
const LARGEST_BODY_BYTES = 32 * 1024 * 1024;

/** The text of a request's body; `undefined` when it is larger than a request can be. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > LARGEST_BODY_BYTES) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
