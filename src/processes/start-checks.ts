import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { openKeyStore } from '../access/key-store.ts';
import { ANSWER_MIGRATIONS } from '../answers/schema.ts';
import { isLoopback } from '../config/is-loopback.ts';
import type { Config } from '../config/schema.ts';
import { localModelPaths } from '../local-model/model-files.mjs';
import { dataFile } from '../storage/data-file.ts';
import { openDatabase } from '../storage/open-database.ts';
import { StartFault } from './start-fault.ts';

/** Everything that keeps the gateway from starting, found before the first child is. */
export async function checkStart(config: Config): Promise<void> {
  refuseOpenDoor(config);
  refuseMissingModel(config);
  // Schema changes happen once here, before anybody is served, and a file of a newer version stops the start.
  openDatabase({
    path: dataFile(config.storage.folder, 'answers'),
    migrations: ANSWER_MIGRATIONS,
    busyTimeoutMs: 0,
  }).close();
  await refuseTakenPort(config.server.host, config.server.port, 'GLASSGATE_SERVER_PORT');
  const { management_host, management_port } = config.server;
  await refuseTakenPort(management_host, management_port, 'GLASSGATE_SERVER_MANAGEMENT_PORT');
}

/** Refuses an address that others can reach while anybody who reaches it would be turned away or, worse, let in. */
export function refuseOpenDoor(config: Config): void {
  const { host } = config.server;
  if (isLoopback(host) || config.auth.visitors !== 'key') return;
  if (hasKeys(dataFile(config.storage.folder, 'access'))) return;
  throw new StartFault(
    `Glassgate does not listen on ${host}, which other machines can reach, while there is no API key. ` +
      'Make one with "npm run keys -- create --label NAME", or choose who may ask without one by GLASSGATE_AUTH_VISITORS.',
    78,
  );
}

/** Looks without making the file: a check of the configuration leaves nothing behind. */
function hasKeys(path: string): boolean {
  if (!existsSync(path)) return false;
  const keys = openKeyStore(path);
  try {
    return keys.hasKeys();
  } finally {
    keys.close();
  }
}

/** The local model is an opt-in: without it the gateway would wait for a model that never comes. */
export function refuseMissingModel({ upstream }: Config): void {
  const { engineEntry, weights } = localModelPaths();
  const isWanted = upstream.url === undefined && upstream.embedded_model === 'local';
  if (!isWanted || (existsSync(engineEntry) && existsSync(weights))) return;
  throw new StartFault('The local model is not installed: run "npm run add-local-model" first.', 78);
}

/** Says in one sentence that a port is taken, before workers fail on it one after another. */
export async function refuseTakenPort(host: string, port: number, setting: string): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  try {
    probe.listen({ host, port, exclusive: true });
    await once(probe, 'listening');
  } catch (error) {
    throw listenFault(error, host, port, setting);
  } finally {
    if (probe.listening) {
      probe.close();
      await once(probe, 'close');
    }
  }
}

function listenFault(error: unknown, host: string, port: number, setting: string): StartFault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const reason = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be listened on (${code})`;
  return new StartFault(`${host}:${port} ${reason}: set ${setting} to another one.`, 1);
}
