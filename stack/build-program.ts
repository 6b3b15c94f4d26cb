import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { installedPath, moduleFolder, type Program } from './programs.ts';

/** Runs a command in a folder; resolves with its exit code and what it wrote to standard error. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  folder: string,
) => Promise<{ readonly exitCode: number; readonly errors: string }>;

/** What a build needs from outside; tests put their own in place. */
export interface BuildTools {
  readonly run: RunCommand;
  readonly say: (line: string) => void;
  readonly retryDelayMs: number;
}

const TRIES = 4;
const RETRY_DELAY_MS = 5000;
const KEPT_ERROR_CHARACTERS = 20_000;

/** The Go compiler itself, with pauses between tries that let a busy network recover. */
export function goTools(say: (line: string) => void): BuildTools {
  return { run: runGo, say, retryDelayMs: RETRY_DELAY_MS };
}

/**
 * Builds one program from the committed files of its module and puts it in its place in one step, so that nobody
 * ever sees half a binary. What Go has downloaded and compiled it keeps: a build that was cut short goes on there.
 */
export async function buildProgram(program: Program, tools: BuildTools): Promise<void> {
  await download(program, tools);
  const path = installedPath(program);
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  const args = ['build', ...buildFlags(program), '-o', unfinished, program.package];
  const { exitCode, errors } = await tools.run('go', args, moduleFolder(program));
  if (exitCode !== 0) {
    rmSync(unfinished, { force: true });
    throw new Error(`${program.name} could not be built:\n${errors}`);
  }
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, path);
}

/** Listing all packages of the program is what makes Go fetch them; networks fail, so this part is tried again. */
async function download(program: Program, tools: BuildTools): Promise<void> {
  const args = ['list', '-deps', '-mod=readonly', ...tagFlags(program), program.package];
  for (let attempt = 1; ; attempt += 1) {
    const { exitCode, errors } = await tools.run('go', args, moduleFolder(program));
    if (exitCode === 0) return;
    if (attempt === TRIES) throw new Error(`modules of ${program.name} could not be fetched:\n${errors}`);
    tools.say(`  fetching its modules failed (try ${attempt} of ${TRIES}): ${lastLine(errors)}`);
    await pause(tools.retryDelayMs * attempt);
  }
}

/** `readonly`: what go.mod and go.sum say is built, or nothing. */
function buildFlags(program: Program): string[] {
  const version = program.versionVariable === undefined ? '' : ` -X ${program.versionVariable}`;
  return ['-mod=readonly', '-trimpath', ...tagFlags(program), '-ldflags', `-s -w${version}`];
}

function tagFlags({ tags }: Program): string[] {
  return tags === undefined ? [] : ['-tags', tags];
}

async function runGo(
  command: string,
  args: readonly string[],
  folder: string,
): Promise<{ exitCode: number; errors: string }> {
  // A workspace or flags of the user's own must not change what is built.
  const env = { ...process.env, GOWORK: 'off', GOFLAGS: '-buildvcs=false' };
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    errors = (errors + part).slice(-KEPT_ERROR_CHARACTERS);
  });
  try {
    const [code] = await once(child, 'close');
    return { exitCode: (code as number | null) ?? 1, errors };
  } catch {
    throw new Error('Go is needed to build the stack: install Go 1.26 or newer so that "go" is on the PATH');
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
