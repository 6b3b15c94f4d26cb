import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../../errors/gateway-error.ts';
import { parseJson } from './parse-json.ts';

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/** How much body is read and how long it may take. */
export interface BodyLimits {
  readonly limitBytes: number;
  readonly timeoutMs: number;
}

/** Bodies of which nothing more will come, though their connection is still good for an answer. */
const brokenOff = new WeakSet<IncomingMessage>();

/** Tells whoever reads this body, now or later, that nothing more of it will come. */
export function breakOffBody(incoming: IncomingMessage): void {
  brokenOff.add(incoming);
  // Without a listener an error event ends the process.
  if (incoming.listenerCount('error') > 0) incoming.emit('error', new GatewayError('body_incomplete'));
}

/** Reads a request body within its limits; what is too large, too slow or cut off has its own code. */
export function readBody(incoming: IncomingMessage, limits: BodyLimits): Promise<Uint8Array> {
  const announced = Number(incoming.headers['content-length'] ?? 0);
  if (announced > limits.limitBytes) return Promise.reject(new GatewayError('body_too_large'));
  if (brokenOff.has(incoming) || incoming.destroyed)
    return Promise.reject(new GatewayError('body_incomplete'));
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const parts: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => settle(new GatewayError('body_timeout')), limits.timeoutMs);
  const onData = (part: Buffer): void => {
    size += part.length;
    if (size > limits.limitBytes) settle(new GatewayError('body_too_large'));
    else parts.push(part);
  };
  const onEnd = (): void => settle(undefined);
  const onClose = (): void => settle(new GatewayError('body_incomplete'));
  const settle = (error: GatewayError | undefined): void => {
    clearTimeout(timer);
    incoming.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose);
    if (error === undefined)
      resolve(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts));
    else {
      // The rest is thrown away as it comes; an error nobody listens for would end the process.
      incoming.on('error', () => undefined).resume();
      reject(error);
    }
  };
  incoming.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
  return promise;
}

/** Reads a JSON request body of any shape; the content type must say so, and it must not be compressed. */
export async function readJsonBody(incoming: IncomingMessage, limits: BodyLimits): Promise<unknown> {
  const { 'content-type': type, 'content-encoding': encoding } = incoming.headers;
  if (type === undefined || !JSON_TYPE.test(type) || encoding !== undefined)
    throw new GatewayError('unsupported_media_type');
  return parseJson(await readBody(incoming, limits));
}
