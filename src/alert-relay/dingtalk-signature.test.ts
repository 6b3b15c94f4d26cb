import { expect, test } from 'vitest';
import { signedUrl } from './dingtalk-signature.ts';

const ROBOT = 'https://robot.example/robot/send?access_token=abc';

test('the signature is the one OpenSSL computes, encoded once', () => {
  // printf '1700000000123\nSECtest' | openssl dgst -sha256 -hmac SECtest -binary | base64
  const url = signedUrl(ROBOT, 'SECtest', 1_700_000_000_123);
  expect(url.searchParams.get('sign')).toBe('lrMq5E54T40t3FfGVjxdvoqIbXlWY6mzkZYiVoI6emk=');
  expect(url.searchParams.get('timestamp')).toBe('1700000000123');
  expect(url.searchParams.get('access_token')).toBe('abc');
  expect(url.href).not.toContain('%25');
  expect(url.href).toMatch(/sign=[\w%]+%3D$/);
});

test('a robot without a secret is not signed', () => {
  expect(signedUrl(ROBOT, undefined, 1).href).toBe(ROBOT);
});
