import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { openKeyStore } from '../../src/access/key-store.ts';
import { startGateway } from '../support/gateway-process.ts';

const ROOT = join(import.meta.dirname, '../..');

test('refuses a public address without any key, and takes it with one', async () => {
  const folder = temporaryFolder();
  const env = { GLASSGATE_SERVER_HOST: '0.0.0.0' };
  await using refused = await startGateway({ folder, env, waitFor: 'nothing' });
  expect(await refused.exited).toEqual({ code: 78, signal: null });
  expect(refused.errors()).toMatch(/^Glassgate does not listen on 0\.0\.0\.0, .*npm run keys.*\n$/);
  expect(refused.logs()).toEqual([]);

  const keys = openKeyStore(join(folder, 'access.db'));
  keys.create({ label: 'test' });
  keys.close();
  await using gateway = await startGateway({ folder, env });
  expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(401);
});

test('names every fault of the configuration and exits with 78', async () => {
  await using gateway = await startGateway({
    env: {
      GLASSGATE_SERVER_WORKERS: 'many',
      GLASSGATE_COLOUR: 'red',
      GLASSGATE_UPSTREAM_API_KEY_FILE: '/none',
    },
    waitFor: 'nothing',
  });
  expect(await gateway.exited).toEqual({ code: 78, signal: null });
  expect(gateway.errors()).toMatch(/3 fault\(s\)/);
  expect(gateway.errors()).toContain('GLASSGATE_SERVER_WORKERS');
  expect(gateway.errors()).toContain('GLASSGATE_COLOUR: unknown setting');
  expect(gateway.errors()).not.toMatch(/ at .*\.ts:/);
});

test.each(['GLASSGATE_SERVER_PORT', 'GLASSGATE_SERVER_MANAGEMENT_PORT'])(
  'says that %s is taken',
  async (setting) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await using gateway = await startGateway({ env: { [setting]: String(port) }, waitFor: 'nothing' });
    expect(await gateway.exited).toEqual({ code: 1, signal: null });
    expect(gateway.errors()).toBe(
      `127.0.0.1:${port} is in use by another program: set ${setting} to another one.\n`,
    );
    other.close();
  },
);

test('says that the data folder cannot be used', async () => {
  await using gateway = await startGateway({
    env: { GLASSGATE_STORAGE_FOLDER: '/dev/null/data' },
    waitFor: 'nothing',
  });
  expect(await gateway.exited).toEqual({ code: 78, signal: null });
  expect(gateway.errors()).toContain('The data folder "/dev/null/data" cannot be used (ENOTDIR)');
});

test('says how to add the local model when it is wanted and not there', async () => {
  await using gateway = await startGateway({
    env: { GLASSGATE_UPSTREAM_EMBEDDED_MODEL: 'local', XDG_CACHE_HOME: '/nowhere' },
    waitFor: 'nothing',
  });
  expect(await gateway.exited).toEqual({ code: 78, signal: null });
  expect(gateway.errors()).toBe('The local model is not installed: run "npm run add-local-model" first.\n');
});

test('does not touch answers written by a newer version', async () => {
  const folder = temporaryFolder();
  const database = new Database(join(folder, 'answers.db'));
  database.pragma('user_version = 999');
  database.close();
  await using gateway = await startGateway({ folder, waitFor: 'nothing' });
  expect(await gateway.exited).toEqual({ code: 1, signal: null });
  expect(gateway.errors()).toMatch(/^answers\.db has schema version 999.*\n$/);
});

test('makes the data folder for its owner only', async () => {
  const folder = join(temporaryFolder(), 'new', 'data');
  await using gateway = await startGateway({ folder, waitFor: 'listening' });
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(gateway.folder).toBe(folder);
});

test('an older Node is told so in a sentence, before anything native is loaded', ({ skip }) => {
  const older = findOlderNode();
  if (older === undefined) skip('there is no Node older than 22.18 on this machine');
  const run = spawnSync(older ?? '', ['src/start.mjs'], { cwd: ROOT, encoding: 'utf8' });
  expect(run.status).toBe(1);
  expect(run.stdout).toBe('');
  expect(run.stderr).toMatch(
    /^Glassgate needs Node 22\.18 or newer and this is Node \d+\.\d+\.\d+: .*npm start.*\n$/,
  );
});

function findOlderNode(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, 'node'))
    .find((path) => {
      try {
        const [major = 0, minor = 0] = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: 'pipe' })
          .slice(1)
          .split('.')
          .map(Number);
        return major < 22 || (major === 22 && minor < 18);
      } catch {
        return false;
      }
    });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-refusals-'));
  mkdirSync(folder, { recursive: true });
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
