import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { runCommand, UsageError } from '../src/command/run-command.ts';
import { buildProgram, goTools } from './build-program.ts';
import { installPrograms } from './install.ts';
import { PROGRAMS, type Program } from './programs.ts';

const USAGE = `Usage: npm run stack:install [-- NAME...]
  Builds the servers of the local stack into the user's cache, each once for all clones; what is there is kept.
  Names: ${PROGRAMS.map(({ name }) => name).join(', ')}. Without a name: all of them.
  Needs Go 1.26 or newer. Interrupted, it goes on where it was when it is run again.`;

await runCommand({
  usage: USAGE,
  run: async (names) => {
    const tools = goTools(say);
    const startedAt = performance.now();
    await installPrograms(chosen(names), {
      build: (program) => buildProgram(program, tools),
      versionOf,
      say,
    });
    say(`all there after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  },
});

function chosen(names: readonly string[]): readonly Program[] {
  const unknown = names.find((name) => PROGRAMS.every((program) => program.name !== name));
  if (unknown !== undefined) throw new UsageError(`There is no program "${unknown}".`);
  return names.length === 0 ? PROGRAMS : PROGRAMS.filter(({ name }) => names.includes(name));
}

/** What the program says of itself, in one line. */
function versionOf(program: Program, path: string): string {
  const text = execFileSync(path, program.versionArguments, {
    encoding: 'utf8',
    cwd: dirname(path),
    // Some say more on standard error, which nobody asked for.
    stdio: 'pipe',
  });
  return text.split('\n').find((line) => line.includes(program.version)) ?? text.trim();
}

function say(line: string): void {
  process.stdout.write(`stack:install: ${line}\n`);
}
