import { createHmac } from 'node:crypto';

/** The robot's URL of this moment: the secret is both the key and part of what is signed. */
export function signedUrl(robotUrl: string, secret: string | undefined, now: number): URL {
  const url = new URL(robotUrl);
  if (secret === undefined) return url;
  const signature = createHmac('sha256', secret).update(`${now}\n${secret}`).digest('base64');
  url.searchParams.set('timestamp', String(now));
  // Encodes it; a signature that was encoded before would be encoded twice, and refused.
  url.searchParams.set('sign', signature);
  return url;
}
