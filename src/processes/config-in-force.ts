import { chmodSync, copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { createDataFolder } from './data-folder.ts';
import type { Environment } from './worker-pool.ts';

/** A checked configuration and what children need in their environment to load the same one. */
export interface ConfigInForce {
  readonly config: Config;
  readonly environment: Environment;
}

/** The primary itself uses these; a reload that changes one is refused, since only a restart can apply it. */
const NEEDS_RESTART = [
  ['server', 'host'],
  ['server', 'port'],
  ['server', 'management_host'],
  ['server', 'management_port'],
  ['storage', 'folder'],
  ['upstream', 'embedded_model'],
] as const;

/**
 * Loads the configuration and puts a copy of its file into the data folder for the workers to read:
 * a worker restarted after somebody broke the file still finds the settings that are in force.
 * Two copies take turns, so that a reload that is given up leaves the old one as it was.
 */
export function loadConfigInForce(turn: number, environment: NodeJS.ProcessEnv = process.env): ConfigInForce {
  const file = environment['GLASSGATE_CONFIG_FILE'];
  const config = loadConfig(environment);
  createDataFolder(config.storage.folder);
  if (file === undefined) return { config, environment: {} };
  const copy = join(config.storage.folder, `config-in-force-${turn % 2}.yaml`);
  copyFileSync(file, `${copy}.new`);
  chmodSync(`${copy}.new`, 0o600);
  renameSync(`${copy}.new`, copy);
  // Loaded once more from the copy: the file may have changed since it was checked.
  const copied = { GLASSGATE_CONFIG_FILE: copy };
  return { config: loadConfig({ ...environment, ...copied }), environment: copied };
}

/** Throws a `ConfigError` when a changed configuration cannot be applied to a running gateway. */
export function refuseNeedsRestart(before: Config, after: Config): void {
  const faults = NEEDS_RESTART.filter(
    ([section, name]) => settingOf(before, section, name) !== settingOf(after, section, name),
  ).map(([section, name]) => `${section}.${name}: a change needs a restart`);
  if (isEmbedded(before) !== isEmbedded(after)) {
    faults.push('upstream.url: changing between the embedded model and a model server needs a restart');
  }
  if (faults.length > 0) throw new ConfigError(faults);
}

/** Whether the embedded model answers. */
export function isEmbedded(config: Config): boolean {
  return config.upstream.url === undefined;
}

function settingOf(config: Config, section: 'server' | 'storage' | 'upstream', name: string): unknown {
  return new Map<string, unknown>(Object.entries(config[section])).get(name);
}
