import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';

const START_TIMEOUT_MS = 90_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-run-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** `npm run stack` without npm, with its data in a folder of this test. */
function runStack(environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['stack/run-command.ts'], {
    env: { ...process.env, GLASSGATE_STACK_FOLDER: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, output: () => output, errors: () => errors };
}

function linksOf(output: string): string[] {
  return [...output.matchAll(/https?:\/\/127\.0\.0\.1:\d+\S*/g)].map(([link]) => link);
}

test('prints a page of links that open, and Ctrl-C ends all of it', async () => {
  const run = runStack();
  await waitUntil('the page', () => run.output().includes('Ctrl-C ends all of it.'), START_TIMEOUT_MS);
  expect(run.output()).toMatch(/^Tempo is not installed|^Grafana is not installed|^starting the servers/);
  const links = linksOf(run.output());
  expect(links.length).toBeGreaterThanOrEqual(9);
  expect(run.output()).toContain(`DingTalk: into ${join(folder, 'logs', 'alert-messages.md')}`);
  for (const link of links) {
    // The OTLP address takes telemetry only; that it answers is enough.
    const expected = link === otlpOf(run.output()) ? 404 : 200;
    expect((await fetch(link)).status, link).toBe(expected);
  }
  run.child.kill('SIGINT');
  run.child.kill('SIGINT');
  expect(await run.exited).toBe(0);
  for (const link of links) await expect(fetch(link), link).rejects.toThrow('fetch failed');
  const gatewayLog = readFileSync(join(folder, 'logs', 'gateway.log'), 'utf8');
  expect(gatewayLog).toContain('"server.stopped"');
});

test('a server that ends by itself ends the run, with its name and exit code 1, and nothing is left', async () => {
  const run = runStack();
  await waitUntil('the page', () => run.output().includes('Ctrl-C ends all of it.'), START_TIMEOUT_MS);
  const [prometheus] = processesWith(join(folder, 'prometheus'));
  if (prometheus === undefined) throw new Error('Prometheus does not run');
  process.kill(prometheus, 'SIGKILL');
  expect(await run.exited).toBe(1);
  expect(run.errors()).toContain(`prometheus ended with SIGKILL; logs are in ${join(folder, 'logs')}`);
  expect(processesWith(folder)).toEqual([]);
});

test('Ctrl-C while the servers start ends them, too', async () => {
  const run = runStack();
  await waitUntil(
    'a server runs',
    () => processesWith(join(folder, 'prometheus')).length > 0,
    START_TIMEOUT_MS,
  );
  run.child.kill('SIGINT');
  expect(await run.exited).toBe(0);
  expect(run.output()).not.toContain('Chat page');
  expect(processesWith(folder)).toEqual([]);
});

test('settings with a fault are refused before anything starts', async () => {
  const run = runStack({ GLASSGATE_SERVER_SHADE: 'blue' });
  expect(await run.exited).toBe(1);
  expect(run.errors()).toContain('GLASSGATE_SERVER_SHADE: unknown setting');
  expect(run.output()).toBe('');
});

/** Processes with this text in their command line. */
function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLineOf(pid).includes(text))
    .map(Number);
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended since the folder was read.
    return '';
  }
}

function otlpOf(output: string): string | undefined {
  return /Collector \(OTLP\) +(\S+)/.exec(output)?.[1];
}
