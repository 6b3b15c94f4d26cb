import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programPath } from '../../stack/programs.ts';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ALERT_RULES } from './alert-files.ts';
import { postAlerts, type PostedAlert } from './post-alerts.ts';

const RENDER = join(import.meta.dirname, '../../alertmanager/render.sh');

let folder: string;
let settings: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-alertmanager-'));
  const token = join(folder, 'token');
  writeFileSync(token, 'secret-of-the-relay');
  settings = {
    GLASSGATE_STACK_SMTP_HOST: 'mail.example:587',
    GLASSGATE_STACK_SMTP_FROM: 'glassgate@example.com',
    GLASSGATE_STACK_ALERT_MAIL_TO: 'on-call@example.com, team&more@example.com',
    GLASSGATE_STACK_RELAY_URL: 'http://relay:8082/v1/alerts',
    GLASSGATE_STACK_RELAY_TOKEN_FILE: token,
  };
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the script as production does; nothing of this process' environment but the path. */
function render(changes: Record<string, string | undefined> = {}, output = join(folder, 'rendered')) {
  const merged = { PATH: process.env['PATH'], ...settings, ...changes };
  const env = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
  const { status, stderr } = spawnSync('sh', [RENDER, output], {
    env,
    encoding: 'utf8',
  });
  return {
    status,
    faults: stderr.trim().split('\n').filter(Boolean),
    file: join(output, 'alertmanager.yml'),
    output,
  };
}

function amtool(...args: string[]): string {
  return execFileSync(programPath('amtool'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('render.sh', () => {
  it('makes a file that Alertmanager accepts, with every value in its place', () => {
    const { status, faults, file } = render();
    expect([status, faults]).toEqual([0, []]);
    expect(amtool('check-config', file)).toContain('SUCCESS');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain("- to: 'on-call@example.com, team&more@example.com'");
    expect(text).not.toMatch(/smtp_auth|GLASSGATE_STACK_\w+\}/);
  });

  it('leaves nothing but the files in the folder, and no secret in them', () => {
    const { output, file } = render();
    expect(readdirSync(output).sort()).toEqual(['alertmanager.yml', 'templates']);
    expect(readFileSync(file, 'utf8')).not.toContain('secret-of-the-relay');
  });

  it('logs in to the mail server and calls the outside watchdog only where they are set', () => {
    const token = settings['GLASSGATE_STACK_RELAY_TOKEN_FILE'];
    const { file } = render({
      GLASSGATE_STACK_SMTP_USER: 'glassgate',
      GLASSGATE_STACK_SMTP_PASSWORD_FILE: token,
      GLASSGATE_STACK_WATCHDOG_URL: 'https://heartbeat.example/ping',
    });
    expect(amtool('check-config', file)).toContain('SUCCESS');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain("smtp_auth_username: 'glassgate'\n");
    expect(text).toContain("- { url: 'https://heartbeat.example/ping', send_resolved: false }\n");
  });

  it('names every missing setting on a line of its own and writes nothing', () => {
    const nothing = Object.fromEntries(Object.keys(settings).map((name) => [name, undefined]));
    const { status, faults, output } = render(nothing, join(folder, 'never'));
    expect(status).toBe(1);
    expect(faults).toEqual(Object.keys(settings).map((name) => `${name}: missing`));
    expect(() => readdirSync(output)).toThrow('ENOENT');
  });

  it.each([
    ['SMTP_HOST', 'mail.example', 'must be HOST:PORT'],
    ['SMTP_TLS', 'yes', 'must be true or false'],
    ['SMTP_FROM', "o'hara@example.com", 'must not contain quotes, backslashes or line breaks'],
    ['ALERT_MAIL_TO', 'a@example.com\nroute: {}', 'must not contain quotes, backslashes or line breaks'],
    ['RELAY_URL', 'relay:8082', 'must begin with http:// or https://'],
    ['RELAY_TOKEN_FILE', '/nowhere/token', '/nowhere/token is no file, is empty or cannot be read'],
  ])('refuses a wrong %s by its name', (name, value, fault) => {
    const key = `GLASSGATE_STACK_${name}`;
    const { status, faults } = render({ [key]: value });
    expect([status, faults]).toEqual([1, [`${key}: ${fault}`]]);
  });

  it('wants a password where there is a user', () => {
    expect(render({ GLASSGATE_STACK_SMTP_USER: 'glassgate' }).faults).toEqual([
      'GLASSGATE_STACK_SMTP_PASSWORD_FILE: missing, GLASSGATE_STACK_SMTP_USER is set',
    ]);
  });
});

describe('the routes', () => {
  it.each(ALERT_RULES.map(({ alert, labels }) => ({ alert, labels, receiver: receiverOf(alert) })))(
    'lead $alert to $receiver',
    ({ alert, labels, receiver }) => {
      const matchers = Object.entries({ alertname: alert, ...labels }).map(
        ([name, value]) => `${name}=${value}`,
      );
      const { file } = render();
      const test = ['config', 'routes', 'test', `--config.file=${file}`, `--verify.receivers=${receiver}`];
      expect(amtool(...test, ...matchers).trim()).toBe(receiver);
    },
  );

  function receiverOf(alert: string): string {
    if (alert === 'Watchdog') return 'watchdog';
    return alert.startsWith('AlertRelay') ? 'mail' : 'mail-and-relay';
  }

  it('tell nobody of what is no alert', () => {
    const test = ['config', 'routes', 'test', `--config.file=${render().file}`, '--verify.receivers=nobody'];
    expect(amtool(...test, 'severity=info', 'area=gateway').trim()).toBe('nobody');
  });
});

describe('Alertmanager with these files', () => {
  let receiver: Server;
  let stack: Stack;
  const received: { authorization: string | undefined; body: Webhook }[] = [];

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      void keep(request).finally(() => response.end());
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    stack = await startStack({
      folder: join(folder, 'stack'),
      parts: ['alertmanager'],
      alertTiming: 'short',
      environment: {
        GLASSGATE_STACK_RELAY_URL: `http://127.0.0.1:${port}/alerts`,
        GLASSGATE_STACK_RELAY_TOKEN_FILE: settings['GLASSGATE_STACK_RELAY_TOKEN_FILE'] ?? '',
      },
    });
  });
  afterAll(async () => {
    await stack.close();
    receiver.closeAllConnections();
    receiver.close();
  });

  async function keep(request: IncomingMessage): Promise<void> {
    received.push({
      authorization: request.headers.authorization,
      body: (await json(request)) as Webhook,
    });
  }

  const post = (alerts: readonly PostedAlert[]) => postAlerts(stack.urls.alertmanager, alerts);
  const toldOf = (name: string) =>
    received.filter(({ body }) => body.alerts.some(({ labels }) => labels['alertname'] === name));

  it('says what fails together in one message, with the token of the relay', async () => {
    await post(
      ['TelemetryStoreDown', 'LokiDiscarding', 'CollectorQueueFilling'].map((name) => alertOf(name)),
    );
    await waitUntil('a message', () => toldOf('TelemetryStoreDown').length > 0, 20_000);
    const [message] = toldOf('TelemetryStoreDown');
    expect(message?.authorization).toBe('Bearer secret-of-the-relay');
    expect(message?.body.groupLabels).toEqual({ severity: 'ticket', area: 'telemetry' });
    // The queue in front of a store that is down is no news.
    expect(message?.body.alerts.map(({ labels }) => labels['alertname']).sort()).toEqual([
      'LokiDiscarding',
      'TelemetryStoreDown',
    ]);
  });

  it('lets a dead gateway silence its symptoms, and only those', async () => {
    const symptoms = [
      'GlassgateErrorRateHigh',
      'GlassgateUpstreamUnreachable',
      'GlassgateNotReady',
      'GlassgateThumbsDownRising',
    ];
    await post(['GlassgateDown', ...symptoms, 'HostDiskFull', 'VllmDown'].map((name) => alertOf(name)));
    await waitUntil(
      'both messages',
      () => toldOf('GlassgateDown').length > 0 && toldOf('HostDiskFull').length > 0,
      20_000,
    );
    for (const name of symptoms) {
      expect(await inhibitedBy(name), name).toBe(true);
      expect(toldOf(name), name).toEqual([]);
    }
    expect(await inhibitedBy('HostDiskFull')).toBe(false);
  });

  it('lets the page speak for the tickets of its area and objective, not for those of another', async () => {
    await post(
      [
        'GlassgateAvailabilityBudgetBurn1h',
        'GlassgateAvailabilityBudgetBurn3d',
        'GlassgateLatencyBudgetBurn3d',
      ].map((name) => alertOf(name)),
    );
    await waitUntil(
      'the alerts',
      async () => (await stateOf('GlassgateLatencyBudgetBurn3d')) !== undefined,
      10_000,
    );
    // The dead gateway of the test before ends first: it would silence all of them.
    await post([{ ...alertOf('GlassgateDown'), endsAt: new Date(Date.now() - 1000).toISOString() }]);
    await waitUntil(
      'the end of the gateway alert',
      async () => !(await inhibitedBy('GlassgateAvailabilityBudgetBurn1h')),
      20_000,
    );
    expect(await inhibitedBy('GlassgateAvailabilityBudgetBurn3d')).toBe(true);
    expect(await inhibitedBy('GlassgateLatencyBudgetBurn3d')).toBe(false);
  });

  it('tells when it is over', async () => {
    await post([{ ...alertOf('HostDiskFull'), endsAt: new Date(Date.now() - 1000).toISOString() }]);
    const resolved = () =>
      toldOf('HostDiskFull').some(({ body }) => body.alerts.some(({ status }) => status === 'resolved'));
    expect(await waitUntil('the resolved message', resolved, 30_000)).toBe(true);
  });

  it('does not repeat what has been said', () => {
    const firing = toldOf('TelemetryStoreDown').filter(({ body }) => body.status === 'firing');
    expect(firing).toHaveLength(1);
  });

  async function stateOf(name: string) {
    const response = await fetch(
      `${stack.urls.alertmanager}/api/v2/alerts?filter=${encodeURIComponent(`alertname="${name}"`)}`,
    );
    return ((await response.json()) as { status: { inhibitedBy: string[] } }[])[0]?.status;
  }
  async function inhibitedBy(name: string): Promise<boolean> {
    return ((await stateOf(name))?.inhibitedBy.length ?? 0) > 0;
  }
});

interface Webhook {
  readonly status: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
}

/** An alert with the labels that its rule gives it. */
function alertOf(name: string): PostedAlert {
  const rule = ALERT_RULES.find(({ alert }) => alert === name);
  if (rule === undefined) throw new Error(`no rule is called ${name}`);
  return { labels: { alertname: name, ...rule.labels }, annotations: { summary: name } };
}
