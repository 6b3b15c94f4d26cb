import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitUntil } from './wait-until.ts';

/** The alert relay as its user runs it, on a loopback port of its own. */
export interface RelayProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Everything written to both outputs. */
  output(): string;
  post(body: unknown, token?: string): Promise<Response>;
  get(path: string): Promise<Response>;
  /** Ends it by a signal; the exit code, or null when the signal itself ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Token that the tests' Alertmanager sends. */
export const RELAY_TOKEN = 'canary-relay-token-71c3';

/** Starts the relay and waits until it listens. */
export async function startRelayProcess(settings: Readonly<Record<string, string>>): Promise<RelayProcess> {
  const child = spawn(process.execPath, ['src/alert-relay/main.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      PATH: process.env['PATH'],
      GLASSGATE_RELAY_PORT: '0',
      GLASSGATE_RELAY_TOKEN: RELAY_TOKEN,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => (output += part));
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const port = await waitUntil(
    'the relay listens',
    () => {
      if (child.exitCode !== null) throw new Error(`the relay exited: ${output}`);
      return /"server\.listening".*"port":(\d+)/.exec(output)?.[1];
    },
    20_000,
  );
  const url = `http://127.0.0.1:${port}`;
  const end = (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    return exited;
  };
  return {
    url,
    pid: child.pid ?? 0,
    output: () => output,
    post: (body, token = RELAY_TOKEN) =>
      fetch(`${url}/v1/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path) => fetch(`${url}${path}`),
    end,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) await end('SIGKILL');
    },
  };
}

/** A webhook of Alertmanager about one group of one alert. */
export function webhook(
  name: string,
  changes: { status?: string; severity?: string; labels?: object; annotations?: object } = {},
): object {
  const { status = 'firing', severity = 'ticket', labels = {}, annotations = {} } = changes;
  return {
    version: '4',
    groupKey: `{}:{alertname="${name}"}`,
    truncatedAlerts: 0,
    status,
    receiver: 'mail-and-relay',
    externalURL: 'http://alertmanager:9093',
    notification_reason: 'a field of a later version',
    alerts: [
      {
        status,
        labels: { alertname: name, severity, ...labels },
        annotations: {
          summary: `Summary of ${name}`,
          description: 'It is 7 %.',
          runbook: 'runbooks/disk-full',
          ...annotations,
        },
        startsAt: '2026-03-01T01:30:05.123456789Z',
        endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-03-01T01:42:05Z',
        generatorURL: 'http://prometheus:9090/graph?g0.expr=up',
        fingerprint: Buffer.from(name).toString('hex').slice(-16),
      },
    ],
  };
}
