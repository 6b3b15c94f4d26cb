import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A server of the stack, or a tool that comes with one. */
export type ProgramName =
  'otelcol' | 'prometheus' | 'promtool' | 'alertmanager' | 'amtool' | 'jaeger' | 'loki';

/** How one program is built from the Go module in its folder. */
export interface Program {
  readonly name: ProgramName;
  readonly version: string;
  /** The Go module, beside this file; its go.sum locks every dependency. */
  readonly module: string;
  readonly package: string;
  readonly tags?: string;
  /** Where the linker writes the version, for programs that do not know it when built from a module. */
  readonly versionVariable?: string;
  /** Arguments that make it print its version. */
  readonly versionArguments: readonly string[];
}

const PROMETHEUS = {
  version: '3.16.0',
  module: 'prometheus',
  // Cloud discovery is half of the program and finds nothing here; files, static lists and HTTP remain.
  tags: 'remove_all_sd',
  versionVariable: 'github.com/prometheus/common/version.Version=3.16.0',
  versionArguments: ['--version'],
};
const ALERTMANAGER = {
  version: '0.31.1',
  module: 'alertmanager',
  versionVariable: 'github.com/prometheus/common/version.Version=0.31.1',
  versionArguments: ['--version'],
};

/** Every program, in the order of installation: those that most depend on first, the longest build last. */
export const PROGRAMS: readonly Program[] = [
  { name: 'otelcol', version: '0.155.0', module: 'otelcol', package: '.', versionArguments: ['--version'] },
  { name: 'promtool', package: 'github.com/prometheus/prometheus/cmd/promtool', ...PROMETHEUS },
  { name: 'prometheus', package: 'github.com/prometheus/prometheus/cmd/prometheus', ...PROMETHEUS },
  { name: 'alertmanager', package: 'github.com/prometheus/alertmanager/cmd/alertmanager', ...ALERTMANAGER },
  { name: 'amtool', package: 'github.com/prometheus/alertmanager/cmd/amtool', ...ALERTMANAGER },
  {
    name: 'jaeger',
    version: '1.62.0',
    module: 'jaeger',
    package: 'github.com/jaegertracing/jaeger/cmd/all-in-one',
    versionVariable: 'github.com/jaegertracing/jaeger/pkg/version.latestVersion=1.62.0',
    versionArguments: ['version'],
  },
  {
    name: 'loki',
    version: '3.7.8',
    module: 'loki',
    package: 'github.com/grafana/loki/v3/cmd/loki',
    versionVariable: 'github.com/grafana/loki/v3/pkg/util/build.Version=3.7.8',
    versionArguments: ['--version'],
  },
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Path of an installed program; without it an error that names the command which installs it. */
export function programPath(name: ProgramName, environment: Environment = process.env): string {
  const program = PROGRAMS.find((candidate) => candidate.name === name);
  if (program === undefined) throw new Error(`no program of the stack is called ${name}`);
  const path = installedPath(program, environment);
  if (isExecutable(path)) return path;
  throw new Error(`${name} ${program.version} is not installed: run "npm run stack:install"`);
}

/** Where a program belongs, installed or not: a folder of its own for every state of what it is built from. */
export function installedPath(program: Program, environment: Environment = process.env): string {
  const key = `${program.name}-${program.version}-${hashOf(program)}`;
  return join(cacheFolder(environment), key, 'bin', program.name);
}

/** The path of a program that is not built here but used where somebody installed it, such as Tempo and Grafana. */
export function findOnPath(name: string, environment: Environment = process.env): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The folder of the Go module that a program is built in. */
export function moduleFolder(program: Program): string {
  return join(import.meta.dirname, program.module);
}

/** Whether this file is there and may be run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Shared by all clones of one user, so that nothing is built twice. */
function cacheFolder(environment: Environment): string {
  const base = environment['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'glassgate', 'stack');
}

/** Of everything that decides what is built: the module's files, how the program is described here, the machine's kind. */
function hashOf(program: Program): string {
  const folder = moduleFolder(program);
  const hash = createHash('sha256').update(`${JSON.stringify(program)} ${process.platform} ${process.arch}`);
  for (const file of readdirSync(folder).sort()) {
    if (/^go\.(mod|sum)$|\.go$|\.yaml$/.test(file)) {
      hash.update(`\0${file}\0`).update(readFileSync(join(folder, file)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}
