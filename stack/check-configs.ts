import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { programPath, type ProgramName } from './programs.ts';
import { tempoFaults } from './tempo-keys.ts';

/** What was said of one file: nothing when it is good, the words of the tool that reads it otherwise. */
export interface ConfigCheck {
  /** Relative to the root. */
  readonly file: string;
  readonly faults: readonly string[];
}

/** Values that render.sh wants; where mail goes does not change whether the file is good. */
const ALERTMANAGER_EXAMPLE = {
  GLASSGATE_STACK_SMTP_HOST: 'mail.example:587',
  GLASSGATE_STACK_SMTP_FROM: 'glassgate@example.com',
  GLASSGATE_STACK_ALERT_MAIL_TO: 'on-call@example.com',
  GLASSGATE_STACK_RELAY_URL: 'http://alert-relay:8082/v1/alerts',
  GLASSGATE_STACK_WATCHDOG_URL: 'https://watchdog.example',
};
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** Has every configuration file below a root read by the program it is for, before any of them starts. */
export function checkConfigs(root: string): ConfigCheck[] {
  const scratch = mkdtempSync(join(tmpdir(), 'glassgate-check-'));
  try {
    return [
      ...checkCollector(root, scratch),
      ...checkPrometheus(root),
      checkAlertmanager(root, scratch),
      check(root, 'loki/loki.yaml', (path) =>
        ask('loki', ['-verify-config', `-config.file=${path}`, '-config.expand-env=true']),
      ),
      check(root, 'tempo/tempo.yaml', (path) => tempoFaults(readFileSync(path, 'utf8'))),
      ...filesBelow(root, 'grafana/provisioning', '.yaml').map((file) => check(root, file, yamlFaults)),
      ...filesBelow(root, 'grafana/dashboards', '.json').map((file) => check(root, file, jsonFaults)),
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Files beside config.yaml change it, so each is read after it, and only when it is good itself. */
function checkCollector(root: string, scratch: string): ConfigCheck[] {
  const base = 'otel-collector/config.yaml';
  const environment = { GLASSGATE_STACK_QUEUE_FOLDER: scratch };
  const validate = (...files: string[]) =>
    ask('otelcol', ['validate', ...files.flatMap((file) => ['--config', join(root, file)])], environment);
  const checked = { file: base, faults: validate(base) };
  if (checked.faults.length > 0) return [checked];
  const changes = filesBelow(root, 'otel-collector', '.yaml').filter((file) => file !== base);
  return [checked, ...changes.map((file) => ({ file, faults: validate(base, file) }))];
}

function checkPrometheus(root: string): ConfigCheck[] {
  const rules = filesBelow(root, 'prometheus/rules', '.yml');
  return [
    check(root, 'prometheus/prometheus.yml', (path) =>
      ask('promtool', ['check', 'config', '--syntax-only', path]),
    ),
    ...rules.map((file) =>
      check(root, file, (path) => ask('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', path])),
    ),
  ];
}

function checkAlertmanager(root: string, scratch: string): ConfigCheck {
  const token = join(scratch, 'token');
  writeFileSync(token, 'example');
  return check(root, 'alertmanager/alertmanager.yml', () => {
    const environment = { ...ALERTMANAGER_EXAMPLE, GLASSGATE_STACK_RELAY_TOKEN_FILE: token };
    const rendered = run('sh', [join(root, 'alertmanager/render.sh'), scratch], environment);
    return rendered.length > 0
      ? rendered
      : ask('amtool', ['check-config', join(scratch, 'alertmanager.yml')]);
  });
}

/** The first only: what follows a fault of YAML is mostly its echo. */
function yamlFaults(path: string): string[] {
  const { errors } = parseDocument(readFileSync(path, 'utf8'), { lineCounter: new LineCounter() });
  return errors.slice(0, 1).map(({ message }) => message.split('\n', 1)[0] ?? '');
}

function jsonFaults(path: string): string[] {
  try {
    JSON.parse(readFileSync(path, 'utf8'));
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function check(root: string, file: string, read: (path: string) => string[]): ConfigCheck {
  return { file, faults: read(join(root, file)) };
}

function ask(program: ProgramName, args: readonly string[], environment = {}): string[] {
  return run(programPath(program), args, environment);
}

/** Lines that a program printed when it refused; none when it was content. */
function run(command: string, args: readonly string[], environment: Record<string, string>): string[] {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...environment },
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (error !== undefined) throw error;
  if (status === 0) return [];
  const said = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  return said.filter((line) => line !== '');
}

function filesBelow(root: string, folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
