import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { CONFIG_SECTIONS, configSchema, type Config } from './schema.ts';

/** Every fault of a configuration, one line each; values are never quoted, since any of them may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

type Sections = Record<string, Record<string, unknown>>;
type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'GLASSGATE_';
/** Read by other parts: the file itself, and what the primary hands to its children. */
const NOT_SETTINGS = new Set([
  'GLASSGATE_CONFIG_FILE',
  'GLASSGATE_WORKER_SLOT',
  'GLASSGATE_EMBEDDED_URL',
  'GLASSGATE_EMBEDDED_PORT',
  'GLASSGATE_EXTRACTIVE_DELAY_MS',
]);
const SECRETS = new Set(['GLASSGATE_AUTH_INSTANCE_SECRET', 'GLASSGATE_UPSTREAM_API_KEY']);

/** Reads file and environment (which wins), checks all of it, and throws one `ConfigError` naming every fault. */
export function loadConfig(environment: Environment = process.env): Config {
  const faults: string[] = [];
  const sections = readFile(environment['GLASSGATE_CONFIG_FILE'], faults);
  for (const [key, value] of Object.entries(environment)) {
    if (key.startsWith(PREFIX) && value !== undefined) applyVariable(sections, key, value, faults);
  }
  const parsed = configSchema.safeParse(sections);
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap(describeIssue));
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
  return Object.freeze(parsed.data);
}

function readFile(path: string | undefined, faults: string[]): Sections {
  if (path === undefined) return {};
  try {
    const content: unknown = parseYaml(readFileSync(path, 'utf8'));
    if (content === null) return {};
    if (typeof content === 'object' && !Array.isArray(content)) return content as Sections;
    faults.push(`${path}: must be a mapping of sections`);
  } catch (error) {
    // Only the first line: YAML errors quote the text around the fault, which may be a secret.
    faults.push(
      `${path}: cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown'}`,
    );
  }
  return {};
}

function applyVariable(sections: Sections, key: string, value: string, faults: string[]): void {
  if (NOT_SETTINGS.has(key)) return;
  const fromFile = key.endsWith('_FILE') && SECRETS.has(key.slice(0, -'_FILE'.length));
  const name = fromFile ? key.slice(0, -'_FILE'.length) : key;
  const [section, setting] = splitKey(name);
  if (section === undefined || setting === undefined) {
    faults.push(`${key}: unknown setting`);
    return;
  }
  const resolved = fromFile ? readSecretFile(key, value, faults) : value;
  if (resolved === undefined || resolved === '') return;
  const target = (sections[section] ??= {});
  if (typeof target === 'object') target[setting] = resolved;
}

function splitKey(name: string): [string?, string?] {
  const words = name.slice(PREFIX.length).toLowerCase();
  const section = Object.keys(CONFIG_SECTIONS).find((candidate) => words.startsWith(`${candidate}_`));
  if (section === undefined) return [];
  const setting = words.slice(section.length + 1);
  const shape: object = CONFIG_SECTIONS[section as keyof typeof CONFIG_SECTIONS].shape;
  return Object.hasOwn(shape, setting) ? [section, setting] : [section];
}

function readSecretFile(key: string, path: string, faults: string[]): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    faults.push(`${key}: the file cannot be read`);
    return undefined;
  }
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path, key].join('.')}: unknown setting`);
  }
  return [`${path.join('.')} (${PREFIX}${path.join('_').toUpperCase()}): ${issue.message}`];
}
