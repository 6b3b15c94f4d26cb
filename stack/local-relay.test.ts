import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadRelaySettings } from '../src/alert-relay/settings.ts';
import { describeAlerts, relayEnvironment } from './local-relay.ts';

const MESSAGES = 'http://127.0.0.1:5/robot/send?access_token=local';
const relay = { port: 8082, folder: '/somewhere/alert-relay', messagesUrl: MESSAGES };
const where = { port: 8082, messageFile: '/somewhere/messages.md' };

function environmentWith(user: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-local-relay-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'token-of-the-local-stack');
  return relayEnvironment(user, { tokenFile, otlpHttp: 'http://127.0.0.1:4318' }, relay);
}

test('the relay accepts what it is started with, and messages go into the file', () => {
  const environment = environmentWith({ PATH: '/bin' });
  const settings = loadRelaySettings(environment);
  expect(settings.dingtalk_url.expose()).toBe(MESSAGES);
  expect(settings.token.expose()).toBe('token-of-the-local-stack');
  expect([settings.host, settings.port, settings.folder]).toEqual(['127.0.0.1', 8082, relay.folder]);
  expect(environment).toMatchObject({ PATH: '/bin', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' });
});

test('what the user sets holds, but for what Alertmanager must agree on', () => {
  const url = 'https://robot.example/send?access_token=mine';
  const settings = loadRelaySettings(
    environmentWith({
      GLASSGATE_RELAY_DINGTALK_URL: url,
      GLASSGATE_RELAY_LANGUAGE: 'en',
      GLASSGATE_RELAY_TOKEN: 'another-token-than-the-stack',
      GLASSGATE_RELAY_PORT: '1',
    }),
  );
  expect(settings.dingtalk_url.expose()).toBe(url);
  expect(settings.language).toBe('en');
  expect(settings.token.expose()).toBe('token-of-the-local-stack');
  expect(settings.port).toBe(8082);
});

test('a robot whose address is in a file is not replaced', () => {
  const environment = environmentWith({ GLASSGATE_RELAY_DINGTALK_URL_FILE: '/run/robot' });
  expect(environment).not.toHaveProperty('GLASSGATE_RELAY_DINGTALK_URL');
});

test.each([
  [
    {},
    'DingTalk: into /somewhere/messages.md, as GLASSGATE_RELAY_DINGTALK_URL is not set. Mail: not sent, as GLASSGATE_STACK_SMTP_HOST is not set.',
  ],
  [
    {
      GLASSGATE_RELAY_DINGTALK_URL: 'https://robot.example/send?access_token=secret',
      GLASSGATE_STACK_SMTP_HOST: 'mail.example:25',
    },
    'DingTalk: to the robot of GLASSGATE_RELAY_DINGTALK_URL. Mail: by mail.example:25.',
  ],
  [
    { GLASSGATE_STACK_RELAY_URL: 'http://relay.example/v1/alerts' },
    'DingTalk: by the relay at http://relay.example/v1/alerts. Mail: not sent, as GLASSGATE_STACK_SMTP_HOST is not set.',
  ],
])('with %j it is said where alerts go', (user, words) => {
  expect(describeAlerts(user, where)).toBe(words);
});
