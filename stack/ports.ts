import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the range that the system takes for outgoing connections: a port stays free while its server is stopped. */
const [FIRST, LAST] = [20_000, 32_000];
const TRIES = 100;
const given = new Set<number>();

/** A free loopback port, the wanted one if nobody has it; none is given twice by one process. */
export async function findPort(wanted?: number): Promise<number> {
  const anyPort = () => FIRST + Math.floor(Math.random() * (LAST - FIRST));
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = attempt === 0 && wanted !== undefined ? wanted : anyPort();
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port on 127.0.0.1 after ${TRIES} tries`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
