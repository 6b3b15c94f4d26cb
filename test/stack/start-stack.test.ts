import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROGRAMS, programPath } from '../../stack/programs.ts';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { isAlive } from '../support/gateway-process.ts';
import { listenersOf, residentMiB } from '../support/process-facts.ts';
import { waitUntil } from '../support/wait-until.ts';

const IDLE_LIMIT_MIB = 500;
const SECOND_INSTALL_LIMIT_MS = 5000;

const folder = mkdtempSync(join(tmpdir(), 'glassgate-start-stack-'));
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ folder });
});

afterAll(async () => {
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

const TRACE_ID = '5b8efff798038103d269b633813fc60c';

/** A trace of one span, as OTLP over HTTP has it. */
function traceNamed(name: string): object {
  const at = `${Date.now()}000000`;
  const span = {
    traceId: TRACE_ID,
    spanId: 'eee19b7ec3c1b174',
    name,
    kind: 1,
    startTimeUnixNano: at,
    endTimeUnixNano: at,
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'stack-test' } }] };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] };
}

async function send(path: string, body: object): Promise<number> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return (await fetch(`${stack.urls.otlpHttp}${path}`, init)).status;
}

async function spanNames(): Promise<string[]> {
  const response = await fetch(`${stack.urls.traces}/api/traces/${TRACE_ID}`).catch(() => undefined);
  if (response?.ok !== true) return [];
  const { data } = (await response.json()) as { data: { spans: { operationName: string }[] }[] };
  return data.flatMap(({ spans }) => spans.map(({ operationName }) => operationName));
}

test('every part answers, and says which program it is', async () => {
  const { urls } = stack;
  const pages = {
    [urls.collectorHealth]: /Server available/,
    [urls.collectorMetrics]: /otelcol_process_uptime/,
    [`${urls.prometheus}/api/v1/status/buildinfo`]: /"3\.16\.0"/,
    [`${urls.alertmanager}/api/v2/status`]: /"0\.31\.1"/,
    [`${urls.loki}/loki/api/v1/status/buildinfo`]: /"3\.7\.8"/,
    [`${urls.traces}/api/services`]: /"data"/,
  };
  for (const [url, expected] of Object.entries(pages)) {
    expect(await (await fetch(url)).text(), url).toMatch(expected);
  }
});

test('every listener is on loopback', () => {
  for (const part of stack.parts) {
    const listeners = listenersOf(stack.pidOf(part));
    expect(listeners.length, part).toBeGreaterThan(0);
    expect(
      listeners.filter(({ isLoopback }) => !isLoopback),
      part,
    ).toEqual([]);
  }
});

test('idle, all of them together take less memory than promised', () => {
  const used = stack.parts.map((part) => ({ part, mib: residentMiB(stack.pidOf(part)) }));
  const sum = used.reduce((total, { mib }) => total + mib, 0);
  const parts = used.map(({ part, mib }) => `${part} ${mib.toFixed(0)}`).join(', ');
  process.stdout.write(`resident memory, idle: ${sum.toFixed(0)} MiB (${parts})\n`);
  expect(sum).toBeLessThan(IDLE_LIMIT_MIB);
});

test('Prometheus takes the rules and finds the parts by the target files of this stack', async () => {
  const rules = await (await fetch(`${stack.urls.prometheus}/api/v1/rules`)).text();
  expect(rules).toContain('GlassgateErrorRateHigh');
  const targets = async () => {
    const response = await fetch(`${stack.urls.prometheus}/api/v1/targets?state=active`);
    const { data } = (await response.json()) as {
      data: { activeTargets: { labels: { job: string }; health: string }[] };
    };
    return data.activeTargets.filter(({ health }) => health === 'up').map(({ labels }) => labels.job);
  };
  await waitUntil('all targets up', async () => (await targets()).length >= 4, 60_000);
  expect((await targets()).sort()).toEqual(['alertmanager', 'loki', 'otelcol', 'prometheus']);
  const alertmanagers = await (await fetch(`${stack.urls.prometheus}/api/v1/alertmanagers`)).text();
  expect(alertmanagers).toContain(`${stack.urls.alertmanager}/api/v2/alerts`);
});

test('a part that is stopped and started again has its port and its data', async () => {
  expect(await send('/v1/traces', traceNamed('before the stop'))).toBe(200);
  await waitUntil('the trace', async () => (await spanNames()).includes('before the stop'));
  const pid = stack.pidOf('jaeger');
  await stack.stop('jaeger');
  expect(isAlive(pid)).toBe(false);
  expect(() => stack.pidOf('jaeger')).toThrow('jaeger does not run');
  await expect(fetch(stack.urls.traces)).rejects.toThrow('fetch failed');
  await stack.start('jaeger');
  expect(await spanNames()).toEqual(['before the stop']);
  expect(stack.pidOf('jaeger')).not.toBe(pid);
});

test('what was sent while a part was gone waits in the queue of a Collector that was killed', async () => {
  await stack.stop('jaeger');
  expect(await send('/v1/traces', traceNamed('while away'))).toBe(200);
  const queue = join(folder, 'otel-collector', 'queue');
  const isStored = () =>
    readdirSync(queue).some((file) => readFileSync(join(queue, file), 'latin1').includes('while away'));
  await waitUntil('the span is in the queue on disk', isStored);
  await stack.kill('otel-collector');
  await stack.start('jaeger');
  await stack.start('otel-collector');
  await waitUntil('the late span', async () => (await spanNames()).includes('while away'), 60_000);
  expect(await spanNames()).toContain('before the stop');
});

test('a part that does not start says why, with the last lines of its log', async () => {
  const occupied = { GLASSGATE_STACK_LOKI_PORT: 'no-port' };
  const other = join(folder, 'broken');
  await expect(startStack({ folder: other, parts: ['loki'], environment: occupied })).rejects.toThrow(
    /^loki did not start \(.*loki\.log\):\n.*no-port/s,
  );
});

test('closing leaves no process', async () => {
  const other = await startStack({ folder: join(folder, 'other'), parts: ['prometheus', 'alertmanager'] });
  const pids = other.parts.map((part) => other.pidOf(part));
  expect(pids.filter(isAlive)).toHaveLength(2);
  await other.close();
  expect(pids.filter(isAlive)).toEqual([]);
});

test('a second installation does nothing, and fast', () => {
  const startedAt = performance.now();
  const { stdout, status } = spawnSync(process.execPath, ['stack/install-command.ts'], { encoding: 'utf8' });
  const durationMs = performance.now() - startedAt;
  expect(status).toBe(0);
  expect(stdout.match(/is there/g)).toHaveLength(PROGRAMS.length);
  expect(durationMs).toBeLessThan(SECOND_INSTALL_LIMIT_MS);
  for (const { name } of PROGRAMS) expect(programPath(name)).toContain(name);
});
