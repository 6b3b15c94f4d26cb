import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shortenAlertmanagerTiming, shortenPrometheusTiming } from './short-timing.ts';
import type { StackEnvironment } from './stack-environment.ts';

/** Whether alerts wait as long as in production. */
export type AlertTiming = 'production' | 'short';

const ROOT = join(import.meta.dirname, '..');

/** Copies prometheus.yml and the rules to where targets of this stack can stand beside them. */
export function preparePrometheus(folder: string, timing: AlertTiming): void {
  const [source, target] = [join(ROOT, 'prometheus'), join(folder, 'prometheus')];
  rmSync(join(target, 'rules'), { recursive: true, force: true });
  for (const part of ['rules', 'targets', 'data']) mkdirSync(join(target, part), { recursive: true });
  const rules = readdirSync(join(source, 'rules')).filter((name) => name.endsWith('.yml'));
  for (const file of ['prometheus.yml', ...rules.map((name) => `rules/${name}`)]) {
    const text = readFileSync(join(source, file), 'utf8');
    writeFileSync(join(target, file), timing === 'short' ? shortenPrometheusTiming(text) : text);
  }
}

/** Names the addresses that Prometheus scrapes for one job; it notices by itself, in one step. */
export function writeTargets(folder: string, job: string, addresses: readonly string[]): void {
  const path = join(folder, 'prometheus', 'targets', `${job}.yml`);
  writeFileSync(`${path}.new`, `- targets: ${JSON.stringify(addresses)}\n`);
  renameSync(`${path}.new`, path);
}

/** Makes Alertmanager's files by the script that production uses. */
export function prepareAlertmanager(
  folder: string,
  timing: AlertTiming,
  environment: StackEnvironment,
): void {
  const target = join(folder, 'alertmanager');
  mkdirSync(target, { recursive: true });
  const token = join(target, 'relay-token');
  if (!existsSync(token)) writeFileSync(token, randomBytes(24).toString('hex'), { mode: 0o600 });
  execFileSync('sh', [join(ROOT, 'alertmanager', 'render.sh'), target], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    // What it refuses goes into the error, not past it to the terminal.
    stdio: 'pipe',
  });
  const file = join(target, 'alertmanager.yml');
  if (timing === 'short') writeFileSync(file, shortenAlertmanagerTiming(readFileSync(file, 'utf8')));
}
