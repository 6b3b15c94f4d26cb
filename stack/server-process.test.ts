import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Guardian } from './guardian.ts';
import { findPort } from './ports.ts';
import { createServerProcess, type ServerOptions, type ServerProcess } from './server-process.ts';

const SERVER = join(import.meta.dirname, '__fixtures__', 'server.ts');

let folder: string;
let port: number;
const started: ServerProcess[] = [];
const guarded = new Set<number>();
const guardian: Guardian = {
  add: (pid) => void guarded.add(pid),
  remove: (pid) => void guarded.delete(pid),
  close: () => undefined,
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-server-'));
  port = await findPort();
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of started.splice(0)) await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

function serverOf(manner: string[] = [], options: Partial<ServerOptions> = {}): ServerProcess {
  const server = createServerProcess({
    name: 'fixture',
    command: process.execPath,
    args: [SERVER, String(port), ...manner],
    folder,
    logFile: join(folder, 'logs', 'fixture.log'),
    readyUrl: `http://127.0.0.1:${port}/`,
    guardian,
    ...options,
  });
  started.push(server);
  return server;
}

test('runs when it has answered, ends in order, and is guarded as long as it runs', async () => {
  const server = serverOf();
  expect(server.pid()).toBeUndefined();
  await server.start();
  const pid = server.pid();
  expect([...guarded]).toEqual([pid]);
  const ended = server.ended();
  await server.stop();
  expect(await ended).toBe('fixture ended with SIGTERM');
  expect(server.pid()).toBeUndefined();
  expect(guarded.size).toBe(0);
  expect(server.log()).toBe('started well\n');
});

test('starts again at the same port, and its log goes on', async () => {
  const server = serverOf();
  await server.start();
  const first = server.pid();
  await server.start();
  expect(server.pid()).toBe(first);
  await server.kill();
  await server.start();
  expect(server.pid()).not.toBe(first);
  expect(server.log()).toBe('started well\nstarted well\n');
});

test('a server that does not listen to SIGTERM is killed after its time', async () => {
  const server = serverOf(['deaf'], { stopTimeoutMs: 200 });
  await server.start();
  const ended = server.ended();
  await server.stop();
  expect(await ended).toBe('fixture ended with SIGKILL');
  expect(server.log()).toBe('started deaf\nnot now\n');
});

test('a server that ends while it starts fails with what it said last', async () => {
  const server = serverOf(['broken']);
  await expect(server.start()).rejects.toThrow(
    /^fixture did not start \(.*fixture\.log\):\nline one\nthe key "colour" is not known$/,
  );
  expect(guarded.size).toBe(0);
});

test('a server that is never ready is ended', async () => {
  const server = serverOf(['mute'], { startTimeoutMs: 300 });
  await expect(server.start()).rejects.toThrow('fixture did not start');
  expect(server.pid()).toBeUndefined();
});

test('a program that does not exist fails', async () => {
  const server = serverOf([], { command: join(folder, 'nothing') });
  await expect(server.start()).rejects.toThrow('fixture did not start');
});

test('sees neither the settings of the gateway nor those of telemetry, but its own', async () => {
  vi.stubEnv('GLASSGATE_SERVER_PORT', '1');
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:1');
  vi.stubEnv('GF_SERVER_HTTP_PORT', '1');
  const server = serverOf([], { environment: { GLASSGATE_STACK_LOKI_PORT: '2' } });
  await server.start();
  const seen = (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as Record<string, string>;
  expect(Object.keys(seen).filter((key) => /^(GLASSGATE|OTEL|GF)_/.test(key))).toEqual([
    'GLASSGATE_STACK_LOKI_PORT',
  ]);
  expect(seen['PATH']).toBe(process.env['PATH']);
});

test('stopping what does not run does nothing', async () => {
  const server = serverOf();
  await server.stop();
  await server.kill();
  expect(server.pid()).toBeUndefined();
});
