import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second in `/proc/PID/stat`; 100 on every Linux that Node runs on. */
const MICROSECONDS_PER_TICK = 10_000;

/** CPU time in microseconds that a process, its descendants and all their threads have used so far. */
export function treeCpuMicroseconds(pid: number): number {
  return processTree(pid).reduce((sum, id) => sum + cpuMicroseconds(id), 0);
}

/** The process and everything it started that still runs. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = Number(statOf(Number(name))?.[1]);
    if (parent > 0) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const tree = [root];
  for (const id of tree) tree.push(...(children.get(id) ?? []));
  return tree;
}

/** The kernel's books of each living thread, in nanoseconds; where it keeps none the process's ticks, which are 10 ms coarse. */
function cpuMicroseconds(pid: number): number {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.reduce((sum, id) => sum + threadNanoseconds(pid, id) / 1000, 0);
  } catch {
    const stat = statOf(pid);
    return stat === undefined ? 0 : (Number(stat[11]) + Number(stat[12])) * MICROSECONDS_PER_TICK;
  }
}

function threadNanoseconds(pid: number, thread: string): number {
  const [onCpu] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
  return Number(onCpu);
}

/** Fields of `/proc/PID/stat` behind the name: state, parent, …, user and system ticks at 11 and 12. */
function statOf(pid: number): string[] | undefined {
  if (!Number.isInteger(pid)) return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
