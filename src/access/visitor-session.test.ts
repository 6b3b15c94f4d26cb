import { describe, expect, it } from 'vitest';
import { createSession, readSession, SESSION_COOKIE } from './visitor-session.ts';

const SECRET = Buffer.alloc(32, 3);

describe('createSession', () => {
  it('makes a cookie that scripts cannot read and other sites cannot send', () => {
    const { visitorId, setCookie } = createSession(SECRET, { secure: false, maxAgeSeconds: 60 });

    expect(setCookie).toMatch(
      /^glassgate_session=[\w-]{22}\.[\w-]{43}; Path=\/; Max-Age=60; HttpOnly; SameSite=Strict$/,
    );
    expect(setCookie).toContain(`${SESSION_COOKIE}=${visitorId}.`);
  });

  it('limits the cookie to TLS where the request came over it, and lasts 30 days by default', () => {
    const { setCookie } = createSession(SECRET, { secure: true });

    expect(setCookie).toMatch(/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure$/);
  });

  it('gives every visitor an id of their own', () => {
    const ids = Array.from({ length: 500 }, () => createSession(SECRET, { secure: false }).visitorId);

    expect(new Set(ids).size).toBe(500);
  });
});

describe('readSession', () => {
  const { visitorId, setCookie } = createSession(SECRET, { secure: false });
  const cookie = setCookie.split(';')[0] ?? '';

  it.each([
    ['alone', cookie],
    ['between others', `theme=dark; ${cookie}; lang=zh`],
    ['without spaces', `theme=dark;${cookie};lang=zh`],
    ['after a planted one of the same name', `${SESSION_COOKIE}=planted; ${cookie}`],
    ['after one signed by somebody else', `${foreignCookie()}; ${cookie}`],
  ])('knows the visitor when the cookie stands %s', (_, header) => {
    expect(readSession(header, SECRET)).toBe(visitorId);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['other cookies', 'theme=dark'],
    ['a cookie whose name only ends alike', `x${cookie}`],
    ['no signature', `${SESSION_COOKIE}=${visitorId}`],
    ['an empty signature', `${SESSION_COOKIE}=${visitorId}.`],
    ['the signature of another secret', foreignCookie()],
    ['the id of another visitor', cookie.replace(visitorId, 'A'.repeat(22))],
    ['a very long value', `${SESSION_COOKIE}=${'a'.repeat(100_000)}`],
  ])('knows nobody with %s', (_, header) => {
    expect(readSession(header, SECRET)).toBeUndefined();
  });

  it('knows nobody when any bit of the signature is changed', () => {
    const [, signature = ''] = cookie.split('.');
    const bytes = Buffer.from(signature, 'base64url');

    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(readSession(cookie.replace(signature, changed.toString('base64url')), SECRET)).toBeUndefined();
    }
  });
});

function foreignCookie(): string {
  return createSession(Buffer.alloc(32, 4), { secure: false }).setCookie.split(';')[0] ?? '';
}
