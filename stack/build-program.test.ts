import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { buildProgram, type RunCommand } from './build-program.ts';
import { installedPath, moduleFolder, PROGRAMS, type Program } from './programs.ts';

let folder: string;
const prometheus = PROGRAMS.find(({ name }) => name === 'prometheus') as Program;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-build-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** A Go that fails as often as it is told to, and then writes a binary. */
function fakeGo({ failedLists = 0, failedBuilds = 0 }: { failedLists?: number; failedBuilds?: number } = {}) {
  const calls: { args: readonly string[]; folder: string }[] = [];
  const said: string[] = [];
  const run: RunCommand = (_, args, where) => {
    calls.push({ args, folder: where });
    const isBuild = args[0] === 'build';
    const fails = isBuild ? failedBuilds-- > 0 : failedLists-- > 0;
    const output = args.indexOf('-o');
    if (isBuild) writeFileSync(args[output + 1] ?? '', fails ? 'half' : 'whole');
    const errors = fails ? 'go: downloading\ngo: connection reset by peer\n' : '';
    return Promise.resolve({ exitCode: fails ? 1 : 0, errors });
  };
  return { calls, said, tools: { run, say: (line: string) => said.push(line), retryDelayMs: 0 } };
}

test('builds from the committed files only, and puts the program in its place', async () => {
  const { calls, tools, said } = fakeGo();
  await buildProgram(prometheus, tools);
  const path = installedPath(prometheus);
  expect(readFileSync(path, 'utf8')).toBe('whole');
  expect(statSync(path).mode & 0o111).toBe(0o111);
  expect(readdirSync(dirname(path))).toEqual(['prometheus']);
  expect(calls.map(({ args }) => args[0])).toEqual(['list', 'build']);
  expect(new Set(calls.map((call) => call.folder))).toEqual(new Set([moduleFolder(prometheus)]));
  for (const { args } of calls) expect(args).toContain('-mod=readonly');
  expect(said).toEqual([]);
});

test('says the version to the linker, leaves out what only clouds need, and no path of this machine goes in', async () => {
  const { calls, tools } = fakeGo();
  await buildProgram(prometheus, tools);
  const args = calls.at(-1)?.args ?? [];
  expect(args.join(' ')).toContain('-trimpath -tags remove_all_sd -ldflags -s -w -X github.com/');
  expect(args.join(' ')).toContain('version.Version=3.16.0');
  expect(args.at(-1)).toBe('github.com/prometheus/prometheus/cmd/prometheus');
});

test('fetching is tried again, and why is said', async () => {
  const { calls, tools, said } = fakeGo({ failedLists: 3 });
  await buildProgram(prometheus, tools);
  expect(calls.map(({ args }) => args[0])).toEqual(['list', 'list', 'list', 'list', 'build']);
  expect(said).toHaveLength(3);
  expect(said[0]).toBe('  fetching its modules failed (try 1 of 4): go: connection reset by peer');
});

test('fetching that never works is an error with what Go said, and nothing is built', async () => {
  const { calls, tools } = fakeGo({ failedLists: 99 });
  await expect(buildProgram(prometheus, tools)).rejects.toThrow(
    /modules of prometheus could not be fetched:\n.*connection reset/s,
  );
  expect(calls.some(({ args }) => args[0] === 'build')).toBe(false);
});

test('a build that fails leaves no half binary, and keeps the one that was there', async () => {
  const path = installedPath(prometheus);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, 'older');
  const { tools } = fakeGo({ failedBuilds: 1 });
  await expect(buildProgram(prometheus, tools)).rejects.toThrow('prometheus could not be built:');
  expect(readdirSync(dirname(path))).toEqual(['prometheus']);
  expect(readFileSync(path, 'utf8')).toBe('older');
});
