import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stackEnvironment } from './stack-environment.ts';
import { choosePorts } from './stack-ports.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['otel-collector', 'loki', 'tempo', 'grafana/provisioning'];
/** Names with a default that says how much or how long, not where: the same in every place. */
const TUNING = /_(QUEUE_BYTES|RETENTION|QUERY_END_CUTOFF|SAMPLING_\w+)$/;

/** `GLASSGATE_STACK_*` names that the files in a folder read. */
function namesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .flatMap(
      (name) => readFileSync(join(ROOT, folder, name), 'utf8').match(/GLASSGATE_STACK_[A-Z0-9_]+/g) ?? [],
    );
}

test('every place that a file of production reads from the environment has a value here', async () => {
  const environment = stackEnvironment('/somewhere', await choosePorts(false), 'jaeger');
  const wanted = FOLDERS.flatMap(namesIn).filter((name) => !TUNING.test(name));
  expect(wanted.length).toBeGreaterThan(20);
  expect([...new Set(wanted)].filter((name) => !Object.hasOwn(environment, name))).toEqual([]);
});

test('nothing points anywhere but to loopback and the folder', async () => {
  const environment = stackEnvironment('/somewhere', await choosePorts(false), 'tempo');
  const addresses = Object.values(environment).filter((value) => /:\d+/.test(value));
  expect(addresses.length).toBeGreaterThan(15);
  expect(addresses.filter((value) => !/^(http:\/\/)?127\.0\.0\.1:\d+/.test(value))).toEqual([]);
});

test('ports are all different', async () => {
  const ports = Object.values(await choosePorts(false));
  expect(new Set(ports).size).toBe(ports.length);
});
