import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};

// `npm ci` refuses a lock file without them, on every platform (`npm run lock` writes them).
test('the lock file has the optional packages of every platform', () => {
  const wanted = Object.values(lock.packages).flatMap(({ optionalDependencies = {} }) =>
    Object.entries(optionalDependencies).filter(([, range]) => /^\d/.test(range)),
  );
  expect(wanted.length).toBeGreaterThan(20);
  expect(wanted.filter(([name]) => lock.packages[`node_modules/${name}`] === undefined)).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
  expect(JSON.stringify(lock)).not.toContain('"resolved"');
});
