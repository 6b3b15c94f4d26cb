import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ParsedMail } from 'mailparser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DASHBOARDS } from '../../grafana/source/dashboards.ts';
import { shortenPrometheusTiming } from '../../stack/short-timing.ts';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { startFakeDingTalk, type FakeDingTalk, type ReceivedMessage } from '../support/fake-dingtalk.ts';
import type { FakeUpstream } from '../support/fake-upstream.ts';
import { findFreePort } from '../support/free-port.ts';
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { ANSWERING, REFUSING, startModelServer } from '../support/model-server.ts';
import { RELAY_TOKEN, startRelayProcess, type RelayProcess } from '../support/relay-process.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ALERT_RULES } from './alert-files.ts';
import { startHandbookServer, type HandbookServer } from './handbook-server.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { getJson, queryPrometheus } from './query-stores.ts';

const ASK_EVERY_MS = 100;
/** Does not run here: of links to it the form is checked. */
const GRAFANA = 'https://grafana.example';
const ROBOT = { token: 'robot-of-the-test', secret: 'SECof-the-test' };
/** Generous: two cores are shared by all. What is promised is measured below. */
const ARRIVES_WITHIN_MS = 120_000;
/** What is promised beyond the rule's own waiting time; not shortened. */
const ON_ITS_WAY_S = 45;

const ending = new AsyncDisposableStack();
let mail: MailServer;
let robot: FakeDingTalk;
let handbook: HandbookServer;
let stack: Stack;
let relay: RelayProcess;
let model: FakeUpstream;
let gateway: GatewayProcess;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-alert-'));
  ending.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  mail = await startMailServer();
  ending.defer(() => mail.close());
  robot = ending.use(await startFakeDingTalk(ROBOT));
  handbook = ending.use(await startHandbookServer());
  await startServers(folder);
  await startGatewayUnderLoad();
});
afterAll(() => ending.disposeAsync());

/** Alertmanager has to know the relay's address, and the relay the Collector's. */
async function startServers(folder: string): Promise<void> {
  const relayPort = await findFreePort();
  const tokenFile = join(folder, 'relay-token');
  writeFileSync(tokenFile, RELAY_TOKEN);
  stack = await startStack({
    folder: join(folder, 'servers'),
    parts: ['otel-collector', 'prometheus', 'alertmanager'],
    alertTiming: 'short',
    environment: {
      GLASSGATE_STACK_SMTP_HOST: mail.address,
      GLASSGATE_STACK_RELAY_URL: `http://127.0.0.1:${relayPort}/v1/alerts`,
      GLASSGATE_STACK_RELAY_TOKEN_FILE: tokenFile,
      GLASSGATE_STACK_GRAFANA_URL: GRAFANA,
      GLASSGATE_STACK_HANDBOOK_URL: `${handbook.url}/en`,
    },
  });
  ending.use(stack);
  relay = await startRelayProcess({
    GLASSGATE_RELAY_PORT: String(relayPort),
    GLASSGATE_RELAY_DINGTALK_URL: robot.url,
    GLASSGATE_RELAY_DINGTALK_SECRET: ROBOT.secret,
    GLASSGATE_RELAY_FOLDER: join(folder, 'relay'),
    GLASSGATE_RELAY_GRAFANA_URL: GRAFANA,
    GLASSGATE_RELAY_HANDBOOK_URL: `${handbook.url}/zh`,
    OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp,
    OTEL_METRIC_EXPORT_INTERVAL: '3000',
  });
  ending.use(relay);
  stack.guard(relay.pid);
  stack.setTargets('alert-relay', [new URL(relay.url).host]);
}

async function startGatewayUnderLoad(): Promise<void> {
  model = await startModelServer();
  ending.defer(() => model.close());
  gateway = await startGateway({
    upstreamUrl: model.url,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp,
      // As often as the shortened rules look.
      OTEL_METRIC_EXPORT_INTERVAL: '3000',
      OTEL_METRIC_EXPORT_TIMEOUT: '3000',
    },
  });
  ending.use(gateway);
  stack.guard(gateway.pid);
  stack.setTargets('glassgate-scrape', [new URL(gateway.managementUrl).host]);
  let turn = 0;
  const timer = setInterval(() => void ask((turn += 1) % 2 === 0), ASK_EVERY_MS);
  ending.defer(() => {
    clearInterval(timer);
  });
}

/** What becomes of the question is seen in alerts, not here. */
async function ask(stream: boolean): Promise<void> {
  const body = JSON.stringify({ stream, messages: [{ role: 'user', content: 'How is feedback stored?' }] });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body })
    .then((response) => response.text())
    .catch(() => undefined);
}

type State = 'FIRING' | 'RESOLVED';

/** Messages before these belong to what was before. */
let seen = { mails: 0, messages: 0 };

function lookFromHere(): void {
  seen = { mails: mail.mails.length, messages: robot.messages.length };
}

function mailSaying(state: State, alert: string): ParsedMail | undefined {
  const wanted = new RegExp(String.raw`\] ${state}: .*\n(?:.*\n){1,6}?\s*Alert: +${alert}\b`);
  return mail.mails.slice(seen.mails).find(({ text = '' }) => wanted.test(text));
}

/** A message in which the alert stands with its Chinese summary, whatever value that holds. */
function messageSaying(state: State, alert: string): ReceivedMessage | undefined {
  const summary = ruleOf(alert).annotations['summary_zh'] ?? '';
  const words = summary.split(/\{\{.*?\}\}/).map((part) => RegExp.escape(part.trim()));
  const wanted = new RegExp(String.raw`${state === 'FIRING' ? '🔥' : '✅'} \*\*${words.join('.*')}`, 'u');
  return robot.messages.slice(seen.messages).find(({ text }) => wanted.test(text.replaceAll('\\', '')));
}

function ruleOf(alert: string) {
  const rule = ALERT_RULES.find((candidate) => candidate.alert === alert);
  if (rule === undefined) throw new Error(`no rule is called ${alert}`);
  return rule;
}

/** Waits for both messages; the seconds from a time to the later of them and to each. */
async function untilTold(state: State, alert: string, since: number) {
  const seconds = () => (Date.now() - since) / 1000;
  const arrival = async <T>(what: string, look: () => T | undefined) => {
    const message = await waitUntil(`${what}: ${alert} ${state}`, look, ARRIVES_WITHIN_MS);
    return { message, seconds: seconds() };
  };
  const [byMail, byDingTalk] = await Promise.all([
    arrival('mail', () => mailSaying(state, alert)),
    arrival('DingTalk', () => messageSaying(state, alert)),
  ]);
  process.stdout.write(
    `${alert} ${state}: mail after ${byMail.seconds.toFixed(1)} s, DingTalk after ${byDingTalk.seconds.toFixed(1)} s\n`,
  );
  return {
    mail: byMail.message,
    dingTalk: byDingTalk.message,
    lastAfterS: Math.max(byMail.seconds, byDingTalk.seconds),
  };
}

/** Its waiting time as this stack has it. */
function shortenedForSeconds(alert: string): number {
  const [, seconds] = /^for: (\d+)s$/.exec(shortenPrometheusTiming(`for: ${ruleOf(alert).for}`)) ?? [];
  return Number(seconds);
}

function mailLinks({ html }: ParsedMail): string[] {
  return [...String(html).matchAll(/href="([^"]+)"/g)].map(([, link = '']) =>
    link
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll('&amp;', '&'),
  );
}

function messageLinks({ text }: ReceivedMessage): string[] {
  return [...text.matchAll(/\]\((https?:[^)]+)\)/g)].map(([, link = '']) => link);
}

/** What runs here has to answer; of Grafana the dashboard must exist and the query be one that Prometheus takes. */
async function open(link: string): Promise<void> {
  const { origin, pathname, searchParams } = new URL(link);
  if (origin !== GRAFANA) {
    expect((await fetch(link)).status, link).toBe(200);
  } else if (pathname === '/explore') {
    const panes = JSON.parse(searchParams.get('panes') ?? '') as { a: { queries: { expr: string }[] } };
    await queryPrometheus(stack.urls.prometheus, panes.a.queries[0]?.expr ?? '');
  } else {
    expect(DASHBOARDS.map(({ uid }) => `/d/${uid}`)).toContain(pathname);
    expect(Number(searchParams.get('from'))).toBeLessThan(Date.now());
  }
}

/** Opens all of them and says which places they lead to. */
async function placesBehind(links: readonly string[]): Promise<string[]> {
  for (const link of links) await open(link);
  return [...new Set(links.map((link) => new URL(link)).map(({ origin, pathname }) => origin + pathname))];
}

describe('an alert from its fault to its end', () => {
  // The gateway starts after Prometheus, so its absence may have been told, rightly.
  it('is not there while all is well', async () => {
    const isQuiet = async () => (await query('ALERTS{alertname!="Watchdog"}')).length === 0;
    const ratio = async () => (await query('glassgate:availability:error_ratio_5m'))[0];
    await waitUntil('the recorded ratio', async () => (await ratio()) !== undefined, ARRIVES_WITHIN_MS);
    await waitUntil('no alert', isQuiet, ARRIVES_WITHIN_MS);
    expect(await ratio()).toBe(0);
    lookFromHere();
  });

  it('is a mail and a message in DingTalk when the model server fails, with links that open', async () => {
    model.reply(REFUSING);
    const told = await untilTold('FIRING', 'GlassgateErrorRateHigh', Date.now());
    const allowedS = shortenedForSeconds('GlassgateErrorRateHigh') + ON_ITS_WAY_S;
    process.stdout.write(`allowed: ${allowedS} s\n`);
    expect(told.lastAfterS).toBeLessThanOrEqual(allowedS);
    expect(told.mail.subject).toMatch(/^\[PAGE\] FIRING: /);
    expect(told.mail.text).toMatch(/[\d.]+% of chat requests fail$/m);
    expect(told.dingTalk.title).toMatch(/^🔥 告警中: /);
    const places = [`${GRAFANA}/d/glassgate-service`, `${GRAFANA}/explore`, `${stack.urls.alertmanager}/`];
    expect(await placesBehind(mailLinks(told.mail))).toEqual(
      expect.arrayContaining([...places, `${handbook.url}/en/runbooks/error-rate-high.md`]),
    );
    expect(await placesBehind(messageLinks(told.dingTalk))).toEqual(
      expect.arrayContaining([...places, `${handbook.url}/zh/runbooks/error-rate-high.md`]),
    );
  });

  it('is another of each when it is mended', async () => {
    model.reply(ANSWERING);
    const told = await untilTold('RESOLVED', 'GlassgateErrorRateHigh', Date.now());
    expect(told.mail.text).toMatch(/^Until: +20/m);
    expect(told.dingTalk.text).toContain('恢复时间');
    await placesBehind([...mailLinks(told.mail), ...messageLinks(told.dingTalk)]);
  });

  it('is one page for a gateway that is killed, without its symptoms', async () => {
    lookFromHere();
    const killedAt = Date.now();
    gateway.signal('SIGKILL');
    const told = await untilTold('FIRING', 'GlassgateDown', killedAt);
    expect(told.lastAfterS).toBeLessThanOrEqual(shortenedForSeconds('GlassgateDown') + ON_ITS_WAY_S);
    const symptoms = await waitUntil(
      'a silenced symptom',
      async () => {
        const silenced = await silencedSince(killedAt);
        return silenced.includes('GlassgateInstanceDown') && silenced;
      },
      ARRIVES_WITHIN_MS,
    );
    process.stdout.write(`silenced: ${symptoms.join(', ')}\n`);
    expect(symptoms).not.toContain('GlassgateDown');
    for (const symptom of symptoms) {
      expect(mailSaying('FIRING', symptom), symptom).toBeUndefined();
      expect(messageSaying('FIRING', symptom), symptom).toBeUndefined();
    }
  });
});

describe('the relay on the way', () => {
  it('was refused nothing by a robot that checks signatures, sizes and how often', () => {
    expect(robot.messages.length).toBeGreaterThanOrEqual(3);
    expect([...new Set(robot.codes)]).toEqual([0]);
  });

  it('is measured by one path: it exports to the Collector, but its metrics are scraped', async () => {
    const jobs = async () =>
      (await queryPrometheus(stack.urls.prometheus, 'count by (job) ({__name__=~"glassgate_relay_.+"})')).map(
        ({ metric }) => metric['job'],
      );
    await waitUntil('metrics of the relay', async () => (await jobs()).length > 0, ARRIVES_WITHIN_MS);
    expect(await jobs()).toEqual(['alert-relay']);
    const sent = 'sum(glassgate_relay_messages_total{glassgate_relay_outcome="sent"})';
    await waitUntil(
      'every message is counted',
      async () => (await query(sent))[0] === robot.messages.length,
      ARRIVES_WITHIN_MS,
    );
  });
});

/** Alerts that began since then and that Alertmanager does not tell because something worse explains them. */
async function silencedSince(since: number): Promise<string[]> {
  const alerts = await getJson<
    { labels: { alertname: string }; startsAt: string; status: { inhibitedBy: string[] } }[]
  >(`${stack.urls.alertmanager}/api/v2/alerts`);
  return alerts
    .filter(({ startsAt, status }) => Date.parse(startsAt) > since && status.inhibitedBy.length > 0)
    .map(({ labels }) => labels.alertname);
}

/** The values of an instant query. */
async function query(expression: string): Promise<number[]> {
  const samples = await queryPrometheus(stack.urls.prometheus, expression);
  return samples.map(({ value }) => Number(value[1]));
}
