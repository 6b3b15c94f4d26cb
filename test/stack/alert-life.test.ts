import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { startFakeUpstream, type FakeUpstream, type Reply } from '../support/fake-upstream.ts';
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { replay } from '../support/recorded-replies.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { queryPrometheus } from './query-stores.ts';

const ASK_EVERY_MS = 100;
/** Generous: a rule waits 15 s here, and two cores are shared by all. */
const ARRIVES_WITHIN_MS = 120_000;

let folder: string;
let mail: MailServer;
let stack: Stack;
let upstream: FakeUpstream;
let gateway: GatewayProcess;
let timer: NodeJS.Timeout;
const well = replay('chat');
const broken: Reply = (response) => {
  response.writeHead(500, { 'content-type': 'application/json' });
  response.end('{"error":{"message":"EngineCore encountered an issue.","code":500}}');
};
let reply: Reply = well;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-alert-life-'));
  mail = await startMailServer();
  stack = await startStack({
    folder,
    parts: ['otel-collector', 'prometheus', 'alertmanager'],
    alertTiming: 'short',
    environment: { GLASSGATE_STACK_SMTP_HOST: mail.address },
  });
  upstream = await startFakeUpstream((response, request) => reply(response, request));
  gateway = await startGateway({
    upstreamUrl: upstream.url,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp,
      OTEL_METRIC_EXPORT_INTERVAL: '3000',
      OTEL_METRIC_EXPORT_TIMEOUT: '3000',
    },
  });
  stack.setTargets('glassgate-scrape', [new URL(gateway.managementUrl).host]);
  timer = setInterval(() => void ask(), ASK_EVERY_MS);
});
afterAll(async () => {
  clearInterval(timer);
  await gateway.stop();
  await upstream.close();
  await stack.close();
  await mail.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What becomes of the question is seen in alerts, not here. */
async function ask(): Promise<void> {
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'How is feedback stored?' }] });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body })
    .then((response) => response.text())
    .catch(() => undefined);
}

/** Mails before this one belong to what was before. */
let seen = 0;

function mailSaying(state: 'FIRING' | 'RESOLVED', alert: string) {
  const wanted = new RegExp(String.raw`\] ${state}: .*\n(?:.*\n){1,6}?\s*Alert: +${alert}\b`);
  return mail.mails.slice(seen).find(({ text = '' }) => wanted.test(text));
}

describe('an alert from its fault to its end', () => {
  // The gateway starts after Prometheus, so its absence may have been told, rightly.
  it('is not there while all is well', async () => {
    const isQuiet = async () => (await query('ALERTS{alertname!="Watchdog"}')).length === 0;
    const ratio = async () => (await query('glassgate:availability:error_ratio_5m'))[0];
    await waitUntil('the recorded ratio', async () => (await ratio()) !== undefined, ARRIVES_WITHIN_MS);
    await waitUntil('no alert', isQuiet, ARRIVES_WITHIN_MS);
    expect(await ratio()).toBe(0);
    seen = mail.mails.length;
  });

  it('is a mail when the model server fails, and another when it is mended', async () => {
    reply = broken;
    const isTold = () => mailSaying('FIRING', 'GlassgateErrorRateHigh');
    const firing = await waitUntil('the mail', isTold, ARRIVES_WITHIN_MS);
    expect(firing.subject).toMatch(/^\[PAGE\] FIRING: /);
    expect(firing.text).toMatch(/[\d.]+% of chat requests fail$/m);
    reply = well;
    const isOver = () => mailSaying('RESOLVED', 'GlassgateErrorRateHigh');
    expect((await waitUntil('the resolved mail', isOver, ARRIVES_WITHIN_MS)).text).toMatch(/^Until: +20/m);
  });

  it('is one page for a gateway that is gone, without its symptoms', async () => {
    seen = mail.mails.length;
    await gateway.stop();
    await waitUntil('the mail', () => mailSaying('FIRING', 'GlassgateDown'), ARRIVES_WITHIN_MS);
    await waitUntil('a silenced symptom', () => isSilenced('GlassgateInstanceDown'), ARRIVES_WITHIN_MS);
    expect(mailSaying('FIRING', 'GlassgateInstanceDown')).toBeUndefined();
    expect(mailSaying('FIRING', 'GlassgateNotReady')).toBeUndefined();
  });
});

async function isSilenced(alert: string): Promise<boolean> {
  const filter = encodeURIComponent(`alertname="${alert}"`);
  const response = await fetch(`${stack.urls.alertmanager}/api/v2/alerts?filter=${filter}`);
  const alerts = (await response.json()) as { status: { inhibitedBy: string[] } }[];
  return alerts.some(({ status }) => status.inhibitedBy.length > 0);
}

/** The values of an instant query. */
async function query(expression: string): Promise<number[]> {
  const samples = await queryPrometheus(stack.urls.prometheus, expression);
  return samples.map(({ value }) => Number(value[1]));
}
