import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { defaultParts, describePart, PARTS, type PartName } from './parts.ts';
import { installedPath, PROGRAMS } from './programs.ts';
import { stackEnvironment } from './stack-environment.ts';
import { choosePorts, type StackPorts } from './stack-ports.ts';

let folder: string;
let ports: StackPorts;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-parts-'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  vi.stubEnv('PATH', join(folder, 'home', 'bin'));
  for (const program of PROGRAMS) makeProgram(installedPath(program));
  ports = await choosePorts(false);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function makeProgram(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  chmodSync(path, 0o755);
}

function describeIn(name: PartName, parts: readonly PartName[] = PARTS) {
  const traces = parts.includes('tempo') ? 'tempo' : 'jaeger';
  const environment = stackEnvironment(folder, ports, traces);
  return describePart(name, { folder, ports, environment, parts });
}

function installTempoAndGrafana(): void {
  for (const name of ['tempo', 'grafana']) makeProgram(join(folder, 'home', 'bin', name));
}

describe('which parts run', () => {
  test('Tempo and Grafana only where they are installed', () => {
    expect(defaultParts()).toEqual(['otel-collector', 'jaeger', 'loki', 'alertmanager', 'prometheus']);
    installTempoAndGrafana();
    expect(defaultParts()).toEqual(PARTS);
  });

  test('one that is asked for and not there is an error', () => {
    expect(() => describeIn('tempo')).toThrow(
      'tempo is not installed: no program of this name is on the PATH',
    );
    rmSync(join(folder, 'cache'), { recursive: true });
    expect(() => describeIn('loki')).toThrow('loki 3.7.8 is not installed: run "npm run stack:install"');
  });
});

describe('every part', () => {
  test.each(PARTS)('%s is asked on loopback whether it is ready', (name) => {
    installTempoAndGrafana();
    expect(describeIn(name).readyUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
  });

  test.each(PARTS)('%s names no address but loopback', (name) => {
    installTempoAndGrafana();
    const { args, environment = {} } = describeIn(name);
    const addresses = [...args, ...Object.values(environment)].join(' ').match(/[\w.]*:\d{4,5}\b/g) ?? [];
    expect(addresses.filter((address) => !address.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test.each([
    ['otel-collector', 'otel-collector/config.yaml'],
    ['loki', 'loki/loki.yaml'],
    ['tempo', 'tempo/tempo.yaml'],
    ['prometheus', 'prometheus/flags'],
  ] as const)('%s runs with the file of production', (name, file) => {
    installTempoAndGrafana();
    expect(describeIn(name).args.join(' ')).toContain(join(import.meta.dirname, '..', file));
  });
});

describe('traces', () => {
  const valueOf = (parts: readonly PartName[]) => {
    return describeIn('otel-collector', parts).environment?.['GLASSGATE_STACK_TRACES_URL'];
  };

  test('go to Jaeger where Tempo is not', () => {
    const parts = PARTS.filter((part) => part !== 'tempo');
    expect(valueOf(parts)).toBe(`http://127.0.0.1:${ports.jaegerOtlpHttp}`);
    expect(describeIn('otel-collector', parts).args).toHaveLength(2);
  });

  test('go to both where both are', () => {
    expect(valueOf(PARTS)).toBe(`http://127.0.0.1:${ports.tempoOtlpHttp}`);
    const { args } = describeIn('otel-collector');
    expect(args).toHaveLength(4);
    expect(args.at(-1)).toMatch(/also-to-jaeger\.yaml$/);
  });
});

test('Grafana finds its own files beside its program, and ours where they are', () => {
  installTempoAndGrafana();
  const { args, environment } = describeIn('grafana');
  expect(args).toEqual(['server', '--homepath', join(folder, 'home')]);
  expect(environment).toMatchObject({
    GF_SERVER_HTTP_ADDR: '127.0.0.1',
    GF_PATHS_PROVISIONING: join(import.meta.dirname, '..', 'grafana/provisioning'),
    GLASSGATE_STACK_DASHBOARDS: join(import.meta.dirname, '..', 'grafana/dashboards'),
    GLASSGATE_STACK_PROMETHEUS_URL: `http://127.0.0.1:${ports.prometheus}`,
  });
});

test('Tempo gets little time to end, since it does not', () => {
  installTempoAndGrafana();
  expect(describeIn('tempo').stopTimeoutMs).toBe(3000);
});
