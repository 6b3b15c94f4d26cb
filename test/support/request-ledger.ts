import { SpanKind } from '@opentelemetry/api';
import { expect } from 'vitest';
import type { TelemetryProbe } from './telemetry-probe.ts';

/** What the three signals say about the requests since the ledger was opened, sorted: all three must say the same. */
export interface ToldRequests {
  /** `<span name> <status> <error code>` of each SERVER span. */
  readonly spans: readonly string[];
  /** `<status> <error code>` of each `request.completed` line. */
  readonly lines: readonly string[];
  /** Growth of `http.server.request.duration` by status. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Compares what was asked with what telemetry tells about it. */
export interface RequestLedger {
  /** Waits until `requests` requests were told and nothing is under way any more. */
  told(requests: number): Promise<ToldRequests>;
}

/** Opens a ledger; what was told before does not count. */
export async function openLedger(probe: TelemetryProbe): Promise<RequestLedger> {
  await expect.poll(() => probe.liveSpans()).toBe(0);
  probe.reset();
  const before = await countByStatus(probe);
  return {
    async told(requests) {
      await expect.poll(() => serverSpans(probe).length, { timeout: 5000 }).toBeGreaterThanOrEqual(requests);
      await expect.poll(() => probe.liveSpans(), { timeout: 5000 }).toBe(0);
      await expect.poll(() => completedLines(probe).length).toBeGreaterThanOrEqual(requests);
      await expectIdle(probe);
      const after = await countByStatus(probe);
      const grown = Object.entries(after).map(([status, count]) => [status, count - (before[status] ?? 0)]);
      return {
        spans: serverSpans(probe).toSorted(),
        lines: completedLines(probe).toSorted(),
        counts: Object.fromEntries(grown.filter(([, count]) => count !== 0)) as Record<string, number>,
      };
    },
  };
}

/** What a ledger shows for requests given as `<span name> <status> <error code>`. */
export function toldAs(...requests: readonly string[]): ToldRequests {
  const lines = requests.map((request) => /\d{3}( \w+)?$/.exec(request)?.[0] ?? '');
  const counts: Record<string, number> = {};
  for (const line of lines) counts[line.slice(0, 3)] = (counts[line.slice(0, 3)] ?? 0) + 1;
  return { spans: requests.toSorted(), lines: lines.toSorted(), counts };
}

/** Every gauge of work in progress is back at zero and no span ended twice. */
export async function expectIdle(probe: TelemetryProbe): Promise<void> {
  for (const name of ['http.server.active_requests', 'glassgate.requests.waiting'])
    await expect.poll(async () => valueOf(probe, name), { message: name }).toBe(0);
  expect([...probe.endings().values()].filter((count) => count !== 1)).toEqual([]);
}

async function valueOf(probe: TelemetryProbe, name: string): Promise<number> {
  return (await probe.samples()).find((sample) => sample.name === name)?.value ?? 0;
}

function serverSpans(probe: TelemetryProbe): string[] {
  const servers = probe.spans().filter(({ kind }) => kind === SpanKind.SERVER);
  return servers.map(({ name, attributes }) => `${name} ${describe(attributes)}`);
}

function completedLines(probe: TelemetryProbe): string[] {
  return probe
    .logs()
    .filter(({ eventName }) => eventName === 'request.completed')
    .map(({ attributes }) => describe(attributes));
}

function describe(attributes: Readonly<Record<string, unknown>>): string {
  const code = attributes['glassgate.error.code'];
  return `${String(attributes['http.response.status_code'])}${typeof code === 'string' ? ` ${code}` : ''}`;
}

async function countByStatus(probe: TelemetryProbe): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name, labels, value } of await probe.samples()) {
    const status = String(labels['http.response.status_code']);
    if (name === 'http.server.request.duration') counts[status] = (counts[status] ?? 0) + value;
  }
  return counts;
}
