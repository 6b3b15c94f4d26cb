import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Core of whatever is measured; everything around it has the others. */
const MEASURED_CORE = '0';

/** Whether measured processes get a core of their own. */
export const isPinned = availableParallelism() > 1 && spawnSync('taskset', ['--version']).error === undefined;

/** The command that runs a program on the core of the measured, or away from it. */
export function pinned(command: readonly string[], place: 'measured' | 'around'): string[] {
  if (!isPinned) return [...command];
  const cores = place === 'measured' ? MEASURED_CORE : `1-${availableParallelism() - 1}`;
  return ['taskset', '-c', cores, ...command];
}
