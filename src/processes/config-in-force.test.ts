import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError, loadConfig } from '../config/load.ts';
import { isEmbedded, loadConfigInForce, refuseNeedsRestart } from './config-in-force.ts';

test('without a file children need nothing more than the environment', () => {
  const folder = temporaryFolder();
  const { config, environment } = loadConfigInForce(0, { GLASSGATE_STORAGE_FOLDER: join(folder, 'data') });
  expect(config.storage.folder).toBe(join(folder, 'data'));
  expect(environment).toEqual({});
});

test('children read a private copy that later edits of the file do not reach', () => {
  const { folder, file, variables } = withFile('prompt:\n  context_tokens: 700\n');
  const { config, environment } = loadConfigInForce(0, variables);
  expect(config.prompt.context_tokens).toBe(700);
  writeFileSync(file, 'broken: [');
  const copy = environment['GLASSGATE_CONFIG_FILE'] ?? '';
  expect(copy).toBe(join(folder, 'data', 'config-in-force-0.yaml'));
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(loadConfig({ ...variables, ...environment }).prompt.context_tokens).toBe(700);
});

test('the copies of two turns do not overwrite each other', () => {
  const { file, variables } = withFile('prompt:\n  context_tokens: 700\n');
  const first = loadConfigInForce(0, variables).environment;
  writeFileSync(file, 'prompt:\n  context_tokens: 800\n');
  const second = loadConfigInForce(1, variables).environment;
  expect(readFileSync(first['GLASSGATE_CONFIG_FILE'] ?? '', 'utf8')).toContain('700');
  expect(readFileSync(second['GLASSGATE_CONFIG_FILE'] ?? '', 'utf8')).toContain('800');
});

test('a faulty file is refused before anything is copied', () => {
  const { file, variables } = withFile('prompt:\n  context_tokens: 700\n');
  const { environment } = loadConfigInForce(0, variables);
  writeFileSync(file, 'prompt:\n  context_tokens: none\n');
  expect(() => loadConfigInForce(2, variables)).toThrow(ConfigError);
  expect(readFileSync(environment['GLASSGATE_CONFIG_FILE'] ?? '', 'utf8')).toContain('700');
});

test.each([
  ['GLASSGATE_SERVER_HOST', '::1', 'server.host'],
  ['GLASSGATE_SERVER_PORT', '8181', 'server.port'],
  ['GLASSGATE_SERVER_MANAGEMENT_HOST', '::1', 'server.management_host'],
  ['GLASSGATE_SERVER_MANAGEMENT_PORT', '9999', 'server.management_port'],
  ['GLASSGATE_STORAGE_FOLDER', 'elsewhere', 'storage.folder'],
  ['GLASSGATE_UPSTREAM_EMBEDDED_MODEL', 'local', 'upstream.embedded_model'],
  ['GLASSGATE_UPSTREAM_URL', 'http://vllm:8000', 'upstream.url'],
])('a change of %s needs a restart', (key, value, setting) => {
  const check = () => refuseNeedsRestart(loadConfig({}), loadConfig({ [key]: value }));
  expect(check).toThrow(ConfigError);
  expect(check).toThrow(setting);
});

test('everything else may change while the gateway runs', () => {
  const before = loadConfig({ GLASSGATE_UPSTREAM_URL: 'http://one:8000' });
  const after = loadConfig({
    GLASSGATE_UPSTREAM_URL: 'http://two:8000',
    GLASSGATE_SERVER_WORKERS: '7',
    GLASSGATE_TELEMETRY_LOG_LEVEL: 'error',
  });
  expect(() => refuseNeedsRestart(before, after)).not.toThrow();
  expect([isEmbedded(loadConfig({})), isEmbedded(after)]).toEqual([true, false]);
});

function withFile(text: string): { folder: string; file: string; variables: Record<string, string> } {
  const folder = temporaryFolder();
  const file = join(folder, 'glassgate.yaml');
  writeFileSync(file, text);
  return {
    folder,
    file,
    variables: { GLASSGATE_CONFIG_FILE: file, GLASSGATE_STORAGE_FOLDER: join(folder, 'data') },
  };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
