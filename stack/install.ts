import { dirname } from 'node:path';
import { withLock } from './lock.ts';
import { installedPath, isExecutable, type Program } from './programs.ts';

/** What an installation needs from outside. */
export interface InstallTools {
  /** Leaves the program at its path, or throws. */
  readonly build: (program: Program) => Promise<void>;
  /** What an installed program says of itself; throws when it does not run. */
  readonly versionOf: (program: Program, path: string) => string;
  readonly say: (line: string) => void;
}

const STILL_BUILDING_MS = 30_000;

/** Builds what is not there, one program after the other, and prints for each the version it tells of itself. */
export async function installPrograms(programs: readonly Program[], tools: InstallTools): Promise<void> {
  for (const [index, program] of programs.entries()) {
    const step = `${index + 1}/${programs.length} ${program.name} ${program.version}`;
    const path = installedPath(program);
    const built = isExecutable(path) ? undefined : await install(program, path, step, tools);
    const how = built === undefined ? 'is there' : `built in ${built.toFixed(0)} s`;
    tools.say(`${step}: ${how} (${tools.versionOf(program, path)})`);
  }
}

/** Seconds that the build took; undefined when another process built it in the meantime. */
async function install(
  program: Program,
  path: string,
  step: string,
  tools: InstallTools,
): Promise<number | undefined> {
  const onWait = (holder: number) => {
    tools.say(`${step}: waiting, process ${holder} is building it`);
  };
  return withLock(`${dirname(dirname(path))}.lock`, { onWait }, async () => {
    if (isExecutable(path)) return undefined;
    tools.say(`${step}: building`);
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    const timer = setInterval(() => {
      tools.say(`${step}: still building, ${seconds().toFixed(0)} s`);
    }, STILL_BUILDING_MS);
    try {
      await tools.build(program);
    } finally {
      clearInterval(timer);
    }
    return seconds();
  });
}
