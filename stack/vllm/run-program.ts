import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statfsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { LOCAL_MODEL } from '../../src/local-model/model-files.mjs';

/** How a program ended and the end of what it wrote. */
export interface ProgramEnd {
  readonly exitCode: number;
  readonly output: string;
}

/** What an installation needs from outside; tests put their own in place. */
export interface InstallTools {
  readonly run: (
    command: string,
    args: readonly string[],
    environment?: NodeJS.ProcessEnv,
  ) => Promise<ProgramEnd>;
  readonly say: (line: string) => void;
  readonly freeBytes: (folder: string) => number;
  /** What these folders take on the disk, files that are in both counted once. */
  readonly bytesIn: (folders: readonly string[]) => Promise<number>;
  readonly progressMs: number;
  readonly retryDelayMs: number;
  /** What the model file has to be. */
  readonly weightsSha256: string;
}

const TRIES = 4;
const KEPT_CHARACTERS = 8000;

/** Programs and disk of this machine. */
export function machineTools(say: (line: string) => void): InstallTools {
  return {
    run: runProgram,
    say,
    freeBytes(folder) {
      const { bavail, bsize } = statfsSync(folder);
      return bavail * bsize;
    },
    async bytesIn(folders) {
      // It complains of files that vanish while it looks and of folders that are not there yet.
      const { output } = await runProgram('du', ['-skc', ...folders]);
      return Number(/^(\d+)\s+total$/m.exec(output)?.[1] ?? 0) * 1024;
    },
    progressMs: 15_000,
    retryDelayMs: 5000,
    weightsSha256: LOCAL_MODEL.weightsSha256,
  };
}

/** Runs a program that needs the network; networks fail for moments, so this is tried again. */
export async function runWithRetries(
  tools: InstallTools,
  command: string,
  args: readonly string[],
  environment?: NodeJS.ProcessEnv,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { exitCode, output } = await tools.run(command, args, environment);
    if (exitCode === 0) return;
    if (attempt === TRIES) throw new Error(`failed after ${TRIES} tries:\n${output.trimEnd()}`);
    tools.say(`  try ${attempt} of ${TRIES} failed: ${output.trimEnd().split('\n').at(-1) ?? ''}`);
    await pause(tools.retryDelayMs * attempt);
  }
}

async function runProgram(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<ProgramEnd> {
  const child = spawn(command, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      output = (output + part).slice(-KEPT_CHARACTERS);
    });
  }
  try {
    const [code] = await once(child, 'close');
    return { exitCode: (code as number | null) ?? 1, output };
  } catch {
    return { exitCode: 127, output: `${command} was not found` };
  }
}
