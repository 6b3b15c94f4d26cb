import { createHash, randomBytes, randomInt } from 'node:crypto';

/** A new key: the text is shown once, only the digest is kept. */
export interface NewApiKey {
  readonly publicId: string;
  readonly text: string;
  readonly digest: Buffer;
}

const API_KEY = /^gg_([0-9a-z]{10})_[A-Za-z0-9_-]{43}$/;
const PUBLIC_ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';
const PUBLIC_ID_LENGTH = 10;
const SECRET_BYTES = 32;

/** Makes a key `gg_<public id>_<secret>`; the public id may appear in lists and logs, the secret never. */
export function createApiKey(): NewApiKey {
  const publicId = Array.from({ length: PUBLIC_ID_LENGTH }, randomLetter).join('');
  const text = `gg_${publicId}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { publicId, text, digest: digestApiKey(text) };
}

/** The public id of a well-formed key; undefined for any other text. */
export function publicIdOf(text: string): string | undefined {
  return API_KEY.exec(text)?.[1];
}

/**
 * What is stored of a key. A fast hash is right here: slow ones protect passwords, which can be guessed;
 * a secret of 256 random bits cannot, and each request would pay for the slowness.
 */
export function digestApiKey(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function randomLetter(): string {
  return PUBLIC_ID_ALPHABET.charAt(randomInt(PUBLIC_ID_ALPHABET.length));
}
