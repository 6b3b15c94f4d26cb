import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
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
/** Endpoints of the servers beside the gateway (`stack/`); their files read these. */
const STACK_PREFIX = 'GLASSGATE_STACK_';
/** Settings of the alert relay, which checks them itself. */
const RELAY_PREFIX = 'GLASSGATE_RELAY_';
const SECRETS = new Set([
  'GLASSGATE_AUTH_INSTANCE_SECRET',
  'GLASSGATE_UPSTREAM_API_KEY',
  'GLASSGATE_GUARDRAIL_MODERATION_API_KEY',
]);

/** Reads file and environment (which wins), checks all of it, and throws one `ConfigError` naming every fault. */
export function loadConfig(environment: Environment = process.env): Config {
  const faults: string[] = [];
  const sections = readFile(environment['GLASSGATE_CONFIG_FILE'], faults);
  for (const variable of Object.entries(environment)) applyVariable(sections, variable, environment, faults);
  const parsed = configSchema.safeParse(sections);
  if (!parsed.success) faults.push(...parsed.error.issues.flatMap(describeIssue));
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
  for (const section of Object.values(parsed.data)) Object.freeze(section);
  return Object.freeze(parsed.data);
}

function readFile(path: string | undefined, faults: string[]): Sections {
  if (path === undefined) return {};
  const content = parseFile(path, faults) ?? {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    faults.push(`${path}: must be a mapping of sections`);
    return {};
  }
  // A section whose settings are all commented out is null.
  return Object.fromEntries<Record<string, unknown>>(
    Object.entries(content).filter(([, section]) => section !== null),
  );
}

/** The content of the file. Of its faults only place and kind are told: messages of the parser quote what stands there. */
function parseFile(path: string, faults: string[]): unknown {
  try {
    const document = parseDocument(readFileSync(path, 'utf8'));
    const found = [...document.errors, ...document.warnings].map(({ code, linePos }) => {
      return `${path}: line ${linePos?.[0].line ?? 1}: ${code.toLowerCase().replaceAll('_', ' ')}`;
    });
    faults.push(...found);
    return found.length > 0 ? undefined : document.toJS();
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error
        ? String(error.code)
        : 'an alias has no anchor or too many copies';
    faults.push(`${path}: cannot be read: ${reason}`);
    return undefined;
  }
}

function applyVariable(
  sections: Sections,
  [key, value]: [string, string | undefined],
  environment: Environment,
  faults: string[],
): void {
  if (!key.startsWith(PREFIX) || isForOthers(key) || value === undefined) return;
  const fromFile = key.endsWith('_FILE') && SECRETS.has(key.slice(0, -'_FILE'.length));
  const name = fromFile ? key.slice(0, -'_FILE'.length) : key;
  const [section, setting] = splitKey(name);
  if (section === undefined || setting === undefined) {
    faults.push(`${key}: unknown setting`);
    return;
  }
  // Empty counts as not set: that is how container files leave a variable out.
  if (value === '') return;
  if (fromFile && (environment[name] ?? '') !== '') {
    faults.push(`${key}: set either this or ${name}`);
    return;
  }
  const resolved = fromFile ? readSecretFile(key, value, faults) : value;
  if (resolved === undefined) return;
  const target = (sections[section] ??= {});
  if (typeof target === 'object') target[setting] = resolved;
}

function isForOthers(key: string): boolean {
  return NOT_SETTINGS.has(key) || key.startsWith(STACK_PREFIX) || key.startsWith(RELAY_PREFIX);
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
    const secret = readFileSync(path, 'utf8').trim();
    if (secret !== '') return secret;
    faults.push(`${key}: the file is empty`);
  } catch {
    faults.push(`${key}: the file cannot be read`);
  }
  return undefined;
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...path, key].join('.')}: unknown setting`);
  }
  const [section, name] = path;
  if (name === undefined) return [`${section}: must be a mapping of settings`];
  return [`${path.join('.')} (${PREFIX}${`${section}_${name}`.toUpperCase()}): ${issue.message}`];
}
