import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { ConfigError } from '../config/load.ts';
import { log } from '../telemetry/log.ts';
import { loadConfigInForce, refuseNeedsRestart, type ConfigInForce } from './config-in-force.ts';

const WATCH_INTERVAL_MS = 1000;

/** What a reload needs. */
export interface ReloaderOptions {
  readonly first: ConfigInForce;
  /** Puts a checked configuration into force; false when the new workers do not work. */
  readonly apply: (next: ConfigInForce) => Promise<boolean>;
  /** From here on nothing is reloaded. */
  readonly ending: AbortSignal;
  readonly load?: (turn: number) => ConfigInForce;
}

/**
 * Reloads when the configuration file changes and whenever the returned function is called:
 * one reload after the other, and wishes that come during one become one more.
 */
export function startReloader(options: ReloaderOptions): () => void {
  const { first, apply, ending, load = loadConfigInForce } = options;
  let inForce = first;
  let turn = 0;
  let wanted = false;
  let running = false;
  let seen = readConfigFile();
  const run = async () => {
    running = true;
    while (wanted && !ending.aborted) {
      wanted = false;
      seen = readConfigFile();
      const next = await tryNext(inForce, () => load(turn + 1), apply);
      if (next !== undefined) [inForce, turn] = [next, turn + 1];
    }
    running = false;
  };
  const reload = () => {
    wanted = true;
    if (!running) void run();
  };
  // An edit that a signal has brought into force already is no change any more.
  watchConfigFile(() => readConfigFile() !== seen && reload(), ending);
  return reload;
}

function readConfigFile(): string | undefined {
  try {
    return readFileSync(process.env['GLASSGATE_CONFIG_FILE'] ?? '', 'utf8');
  } catch {
    return undefined;
  }
}

function watchConfigFile(onChange: () => void, ending: AbortSignal): void {
  const file = process.env['GLASSGATE_CONFIG_FILE'];
  if (file === undefined) return;
  // Polled by path: editors and mounted volumes put a new file in place of the old one.
  watchFile(file, { interval: WATCH_INTERVAL_MS, persistent: false }, onChange);
  ending.addEventListener('abort', () => unwatchFile(file, onChange), { once: true });
}

async function tryNext(
  before: ConfigInForce,
  load: () => ConfigInForce,
  apply: ReloaderOptions['apply'],
): Promise<ConfigInForce | undefined> {
  try {
    const next = load();
    refuseNeedsRestart(before.config, next.config);
    if (await apply(next)) {
      log.info('config.reloaded');
      return next;
    }
    reject(['the workers did not become ready with it']);
  } catch (error) {
    reject(
      error instanceof ConfigError ? error.faults : [error instanceof Error ? error.message : 'unknown'],
    );
  }
  return undefined;
}

function reject(faults: readonly string[]): void {
  log.error('config.rejected', { faults: [...faults] });
}
