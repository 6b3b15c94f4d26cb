import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One socket that a process listens on. */
export interface Listener {
  readonly address: string;
  readonly isLoopback: boolean;
}

const TCP_LISTEN = '0A';
/** An unconnected UDP socket: it takes from anybody. */
const UDP_OPEN = '07';
/** As the kernel writes them: 127.0.0.0/8 with its bytes reversed, and ::1. */
const LOOPBACK = /^(?:[0-9A-F]{6}7F|0{24}01000000):/;

/** What a process listens on, TCP and UDP, as the kernel tells it. */
export function listenersOf(pid: number): Listener[] {
  const own = socketsOf(pid);
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode = '']) => {
        return own.has(inode) && state === (protocol.startsWith('tcp') ? TCP_LISTEN : UDP_OPEN);
      })
      .map(([, address = '']) => ({ address, isLoopback: LOOPBACK.test(address) })),
  );
}

/** Resident memory of a process. */
export function residentMiB(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kib === undefined) throw new Error(`process ${pid} tells no resident memory`);
  return Number(kib) / 1024;
}

function socketsOf(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`;
  return new Set(
    readdirSync(folder).flatMap((file) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${file}`))?.[1] ?? [];
      } catch {
        // It was closed since the folder was read.
        return [];
      }
    }),
  );
}
