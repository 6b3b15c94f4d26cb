import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { prepareAlertmanager, preparePrometheus, writeTargets } from './prepare-files.ts';
import { stackEnvironment } from './stack-environment.ts';
import { choosePorts } from './stack-ports.ts';

const ROOT = join(import.meta.dirname, '..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-prepare-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (...path: string[]) => readFileSync(join(...path), 'utf8');

test('Prometheus gets the very files of production, rules that are gone are gone', () => {
  preparePrometheus(folder, 'short');
  preparePrometheus(folder, 'production');
  expect(read(folder, 'prometheus/prometheus.yml')).toBe(read(ROOT, 'prometheus/prometheus.yml'));
  const rules = readdirSync(join(folder, 'prometheus/rules'));
  expect(rules.sort()).toEqual(readdirSync(join(ROOT, 'prometheus/rules')).sort());
  for (const name of rules) {
    expect(read(folder, 'prometheus/rules', name)).toBe(read(ROOT, 'prometheus/rules', name));
  }
});

test('with short times only the times differ', () => {
  preparePrometheus(folder, 'short');
  const global = (parse(read(folder, 'prometheus/prometheus.yml')) as { global: object }).global;
  expect(global).toMatchObject({ scrape_interval: '5s', evaluation_interval: '5s' });
});

test('targets are a list of addresses, and an empty list when there is none', () => {
  preparePrometheus(folder, 'production');
  const targets = () => parse(read(folder, 'prometheus/targets/vllm.yml')) as unknown;
  writeTargets(folder, 'vllm', ['127.0.0.1:8000', '127.0.0.1:8001']);
  expect(targets()).toEqual([{ targets: ['127.0.0.1:8000', '127.0.0.1:8001'] }]);
  writeTargets(folder, 'vllm', []);
  expect(targets()).toEqual([{ targets: [] }]);
  expect(readdirSync(join(folder, 'prometheus/targets'))).toEqual(['vllm.yml']);
});

test('Alertmanager gets its file by the script of production, with the addresses of this stack', async () => {
  const ports = await choosePorts(false);
  const environment = {
    ...stackEnvironment(folder, ports, 'jaeger'),
    GLASSGATE_STACK_RELAY_URL: 'http://127.0.0.1:9/alerts',
  };
  prepareAlertmanager(folder, 'production', environment);
  const file = read(folder, 'alertmanager/alertmanager.yml');
  expect(file).toContain('http://127.0.0.1:9/alerts');
  expect(file).not.toContain('${GLASSGATE');
  expect((parse(file) as { route: { group_wait: string } }).route.group_wait).toBe('10s');
  expect(statSync(join(folder, 'alertmanager/relay-token')).mode & 0o777).toBe(0o600);
  const token = read(folder, 'alertmanager/relay-token');
  prepareAlertmanager(folder, 'short', environment);
  expect(read(folder, 'alertmanager/relay-token')).toBe(token);
  expect(read(folder, 'alertmanager/alertmanager.yml')).toContain('group_wait: 500ms');
});

test('what the script refuses is an error that says what', () => {
  expect(() => {
    prepareAlertmanager(folder, 'production', {});
  }).toThrow('GLASSGATE_STACK_SMTP_HOST: missing');
});
