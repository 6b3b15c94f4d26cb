import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findOnPath, installedPath, moduleFolder, PROGRAMS, programPath, type Program } from './programs.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-programs-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function program(name: string): Program {
  const found = PROGRAMS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function install(path: string, mode = 0o755): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, mode);
}

describe('where a program is', () => {
  test('is a folder of its own in the cache, by version and by what it is built from', () => {
    const path = installedPath(program('loki'), { XDG_CACHE_HOME: folder });
    expect(path).toMatch(/\/glassgate\/stack\/loki-3\.7\.8-[0-9a-f]{12}\/bin\/loki$/);
    expect(path.startsWith(folder)).toBe(true);
  });

  test('is below the home folder when nothing else is said', () => {
    const path = installedPath(program('amtool'), { XDG_CACHE_HOME: '' });
    expect(path).toContain('/.cache/glassgate/stack/amtool-0.31.1-');
    expect(installedPath(program('amtool'), {})).toBe(path);
  });

  test('is the same every time, another for each program and for another way to build it', () => {
    const environment = { XDG_CACHE_HOME: folder };
    const paths = PROGRAMS.map((one) => installedPath(one, environment));
    expect(new Set(paths).size).toBe(PROGRAMS.length);
    expect(PROGRAMS.map((one) => installedPath(one, environment))).toEqual(paths);
    const otherTags = { ...program('prometheus'), tags: 'other' };
    expect(installedPath(otherTags, environment)).not.toBe(installedPath(program('prometheus'), environment));
  });

  test('is told when it is installed, and otherwise how to install it', () => {
    const environment = { XDG_CACHE_HOME: folder };
    const path = installedPath(program('jaeger'), environment);
    const expected = 'jaeger 1.62.0 is not installed: run "npm run stack:install"';
    expect(() => programPath('jaeger', environment)).toThrow(expected);
    install(path, 0o644);
    expect(() => programPath('jaeger', environment)).toThrow(expected);
    install(path);
    expect(programPath('jaeger', environment)).toBe(path);
  });
});

describe('a program that is not built here', () => {
  test('is found where the PATH says, in its order', () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    install(join(second, 'tempo'));
    expect(findOnPath('tempo', { PATH: `${first}::${second}` })).toBe(join(second, 'tempo'));
    install(join(first, 'tempo'));
    expect(findOnPath('tempo', { PATH: `${first}:${second}` })).toBe(join(first, 'tempo'));
  });

  test('is not found when it may not be run, or without a PATH', () => {
    install(join(folder, 'tempo'), 0o644);
    expect(findOnPath('tempo', { PATH: folder })).toBeUndefined();
    expect(findOnPath('tempo', {})).toBeUndefined();
  });
});

describe.each(PROGRAMS)('$name', (one) => {
  const goMod = readFileSync(join(moduleFolder(one), 'go.mod'), 'utf8');

  test('is built from a module whose every dependency is locked', () => {
    const goSum = readFileSync(join(moduleFolder(one), 'go.sum'), 'utf8');
    expect(goSum.split('\n').length).toBeGreaterThan(100);
    expect(goMod).toMatch(new RegExp(`^module glassgate/stack/${one.module}$`, 'm'));
  });

  test('has the version that its module asks for', () => {
    // Prometheus numbers its Go modules 0.316.0 where it says 3.16.0 itself.
    const wanted = one.module === 'prometheus' ? '0.316.0' : one.version;
    expect(goMod).toContain(`v${wanted}`);
    expect(one.versionVariable ?? one.version).toContain(one.version);
  });
});
