import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** Packages whose modules hold global state: a second copy is a second, silent telemetry. */
const STATEFUL = [
  'api',
  'sdk-node',
  'sdk-metrics',
  'sdk-trace',
  'sdk-logs',
  'instrumentation',
  'core',
  'resources',
];
/** What the SDK was cut into before version 3: one of these beside it would be a copy under another name. */
const FORMER = ['api-logs', 'sdk-trace-base', 'sdk-trace-node', 'sdk-trace-web'];

/** Folders of every installed copy of a package, however deep it lies. */
function copiesOf(name: string, folder = join(ROOT, 'node_modules')): string[] {
  if (!existsSync(folder)) return [];
  const here = join(folder, '@opentelemetry', name);
  const packages = readdirSync(folder).flatMap((entry) =>
    entry.startsWith('@') ? readdirSync(join(folder, entry)).map((inner) => join(entry, inner)) : [entry],
  );
  return [
    ...(existsSync(join(here, 'package.json')) ? [here] : []),
    ...packages.flatMap((entry) => copiesOf(name, join(folder, entry, 'node_modules'))),
  ];
}

function versionOf(folder: string): string {
  const content = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return content.version;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string }>>;
}
const lockFile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as LockFile;

describe('OpenTelemetry packages that keep state', () => {
  test.each(STATEFUL)('@opentelemetry/%s is installed once', (name) => {
    expect(copiesOf(name)).toEqual([join(ROOT, 'node_modules/@opentelemetry', name)]);
  });

  test.each(STATEFUL)(
    '@opentelemetry/%s stands once in the lock file, in the version that is installed',
    (name) => {
      const entries = Object.entries(lockFile.packages).filter(([path]) =>
        path.endsWith(`node_modules/@opentelemetry/${name}`),
      );
      expect(entries).toHaveLength(1);
      const [copy] = copiesOf(name);
      expect(entries[0]?.[1].version).toBe(copy === undefined ? undefined : versionOf(copy));
    },
  );

  test.each(FORMER)('@opentelemetry/%s is not there', (name) => {
    expect(copiesOf(name)).toEqual([]);
  });
});

test('every direct dependency is pinned: one line of versions, tested together', () => {
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const [name, version] of Object.entries(dependencies))
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
});
