import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installPrograms, type InstallTools } from './install.ts';
import { installedPath, PROGRAMS, type Program } from './programs.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-install-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function put(program: Program): void {
  const path = installedPath(program);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  chmodSync(path, 0o755);
}

function fakeTools(build: (program: Program) => void = put) {
  const [built, said]: [string[], string[]] = [[], []];
  const tools: InstallTools = {
    build: async (program) => {
      built.push(program.name);
      await setImmediate();
      build(program);
    },
    versionOf: ({ name, version }) => `${name} says ${version}`,
    say: (line) => said.push(line),
  };
  return { built, said, tools };
}

test('builds all of them in their order, with progress and what each says of itself', async () => {
  const { built, said, tools } = fakeTools();
  await installPrograms(PROGRAMS, tools);
  expect(built).toEqual(['otelcol', 'promtool', 'prometheus', 'alertmanager', 'amtool', 'jaeger', 'loki']);
  expect(said.slice(0, 2)).toEqual([
    '1/7 otelcol 0.155.0: building',
    '1/7 otelcol 0.155.0: built in 0 s (otelcol says 0.155.0)',
  ]);
  expect(said.at(-1)).toBe('7/7 loki 3.7.8: built in 0 s (loki says 3.7.8)');
});

test('a second run builds nothing', async () => {
  await installPrograms(PROGRAMS, fakeTools().tools);
  const { built, said, tools } = fakeTools();
  await installPrograms(PROGRAMS, tools);
  expect(built).toEqual([]);
  expect(said).toHaveLength(PROGRAMS.length);
  expect(said.every((line) => line.includes(': is there ('))).toBe(true);
});

test('goes on where it was interrupted', async () => {
  const failing = fakeTools((program) => {
    if (program.name === 'alertmanager') throw new Error('the machine was turned off');
    put(program);
  });
  await expect(installPrograms(PROGRAMS, failing.tools)).rejects.toThrow('turned off');
  const { built, tools } = fakeTools();
  await installPrograms(PROGRAMS, tools);
  expect(built).toEqual(['alertmanager', 'amtool', 'jaeger', 'loki']);
});

test('two at once build each program once', async () => {
  const [one, other] = [fakeTools(), fakeTools()];
  const some = PROGRAMS.slice(0, 3);
  await Promise.all([installPrograms(some, one.tools), installPrograms(some, other.tools)]);
  expect([...one.built, ...other.built].sort()).toEqual(['otelcol', 'prometheus', 'promtool']);
  expect([...one.said, ...other.said].some((line) => line.includes('waiting, process'))).toBe(true);
});

test('leaves no lock behind, whatever happened', async () => {
  const failing = fakeTools(() => {
    throw new Error('no');
  });
  await expect(installPrograms(PROGRAMS.slice(0, 1), failing.tools)).rejects.toThrow('no');
  const [otelcol] = PROGRAMS;
  expect(existsSync(`${dirname(dirname(installedPath(otelcol as Program)))}.lock`)).toBe(false);
});

test('an installed program that does not run is told, not passed over', async () => {
  const { tools } = fakeTools();
  const broken = {
    ...tools,
    versionOf: () => {
      throw new Error('exec format error');
    },
  };
  await expect(installPrograms(PROGRAMS.slice(0, 1), broken)).rejects.toThrow('exec format error');
});
