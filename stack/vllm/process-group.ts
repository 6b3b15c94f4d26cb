import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 50;
/** How long the kernel may take to clear away processes that were killed. */
const GONE_TIMEOUT_MS = 10_000;
/** In /proc/<pid>/stat, behind the name: state, parent, group. The name may hold anything, so it is read from its end. */
const STATE_AND_GROUP = /\) (\S) \d+ (\d+) /;

/** Processes of a group that run; those that have ended and only wait to be forgotten are left out. Linux only. */
export function membersOf(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [, state, found] = STATE_AND_GROUP.exec(statOf(pid)) ?? [];
      return Number(found) === group && state !== 'Z' && state !== 'X';
    });
}

/** Kills what is left of a process group and resolves when nothing of it runs. */
export async function endGroup(group: number): Promise<void> {
  const deadline = performance.now() + GONE_TIMEOUT_MS;
  while (membersOf(group).length > 0) {
    if (performance.now() > deadline) throw new Error(`processes of group ${group} do not end`);
    kill(group);
    await pause(POLL_MS);
  }
}

function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // They have ended since.
  }
}

function statOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}
