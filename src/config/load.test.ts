import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { ConfigError, loadConfig } from './load.ts';
import { CONFIG_SECTIONS, configSchema, type Config } from './schema.ts';
import { Secret } from './secret.ts';

const FOLDER = join(import.meta.dirname, 'testdata');

/** Every file with a fault, and what is said of it to the letter. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  'choice-unknown': [
    'auth.visitors (GLASSGATE_AUTH_VISITORS): Invalid option: expected one of "key"|"anonymous"|"forwarded"',
  ],
  'file-a-list': ['file-a-list.conf: must be a mapping of sections'],
  'file-a-word': ['file-a-word.conf: must be a mapping of sections'],
  'flag-a-word': ['telemetry.capture_content (GLASSGATE_TELEMETRY_CAPTURE_CONTENT): must be true or false'],
  'folder-empty': [
    'storage.folder (GLASSGATE_STORAGE_FOLDER): Too small: expected string to have >=1 characters',
  ],
  'level-unknown': [
    'telemetry.log_level (GLASSGATE_TELEMETRY_LOG_LEVEL): Invalid option: expected one of "debug"|"info"|"warn"|"error"|"silent"',
  ],
  'list-a-number': [
    'upstream.models (GLASSGATE_UPSTREAM_MODELS): must be a list of words, or words with commas between them',
  ],
  'list-of-numbers': [
    'upstream.models (GLASSGATE_UPSTREAM_MODELS): must be a list of words, or words with commas between them',
  ],
  'number-a-boolean': [
    'server.port (GLASSGATE_SERVER_PORT): Invalid input: expected number, received boolean',
  ],
  'number-a-fraction': ['server.port (GLASSGATE_SERVER_PORT): Invalid input: expected int, received number'],
  'number-a-list': ['server.port (GLASSGATE_SERVER_PORT): Invalid input: expected number, received array'],
  'number-a-word': ['server.port (GLASSGATE_SERVER_PORT): Invalid input: expected number, received string'],
  'number-empty': ['server.port (GLASSGATE_SERVER_PORT): Invalid input: expected number, received string'],
  'number-hexadecimal': [
    'server.port (GLASSGATE_SERVER_PORT): Invalid input: expected number, received string',
  ],
  'number-nothing': ['server.port (GLASSGATE_SERVER_PORT): Invalid input: expected number, received null'],
  'number-too-large': ['server.port (GLASSGATE_SERVER_PORT): Too big: expected number to be <=65535'],
  'number-too-small': ['server.workers (GLASSGATE_SERVER_WORKERS): Too small: expected number to be >=1'],
  'secret-a-number': [
    'upstream.api_key (GLASSGATE_UPSTREAM_API_KEY): Invalid input: expected string, received number',
  ],
  'secret-empty': [
    'upstream.api_key (GLASSGATE_UPSTREAM_API_KEY): Too small: expected string to have >=1 characters',
  ],
  'section-a-list': ['server: must be a mapping of settings'],
  'section-a-word': ['server: must be a mapping of settings'],
  'several-faults': [
    'server.port (GLASSGATE_SERVER_PORT): Too big: expected number to be <=65535',
    'server.workers (GLASSGATE_SERVER_WORKERS): Too small: expected number to be >=1',
    'server.colour: unknown setting',
    'auth: must be a mapping of settings',
    'upstream.url (GLASSGATE_UPSTREAM_URL): Invalid URL',
    'upstream.max_retries (GLASSGATE_UPSTREAM_MAX_RETRIES): Too small: expected number to be >=0',
    'telemetry.capture_content (GLASSGATE_TELEMETRY_CAPTURE_CONTENT): must be true or false',
    'shade: unknown setting',
  ],
  'syntax-alias': ['syntax-alias.conf: cannot be read: an alias has no anchor or too many copies'],
  'syntax-duplicate': ['syntax-duplicate.conf: line 3: duplicate key'],
  'syntax-indent': ['syntax-indent.conf: line 2: tab as indent'],
  'syntax-quote': ['syntax-quote.conf: line 5: missing char'],
  'syntax-reserved-character': ['syntax-reserved-character.conf: line 2: bad scalar start'],
  'syntax-tag': ['syntax-tag.conf: line 2: tag resolve failed'],
  'syntax-two-documents': ['syntax-two-documents.conf: line 3: multiple docs'],
  'time-too-long': [
    'upstream.connect_timeout_ms (GLASSGATE_UPSTREAM_CONNECT_TIMEOUT_MS): Too big: expected number to be <=3600000',
  ],
  'time-zero': [
    'upstream.connect_timeout_ms (GLASSGATE_UPSTREAM_CONNECT_TIMEOUT_MS): Too small: expected number to be >=1',
  ],
  'trace-url-without-id': [
    'telemetry.trace_url (GLASSGATE_TELEMETRY_TRACE_URL): Invalid string: must include "{trace_id}"',
  ],
  'unknown-section': ['colour: unknown setting'],
  'unknown-setting': ['server.prot: unknown setting'],
  'unknown-setting-prototype': ['server.constructor: unknown setting', '__proto__: unknown setting'],
  'url-other-scheme': ['upstream.url (GLASSGATE_UPSTREAM_URL): Invalid URL'],
  'url-with-credentials': [
    'upstream.url (GLASSGATE_UPSTREAM_URL): must be scheme, host, port and path only: a key goes into api_key',
  ],
  'url-with-query': [
    'upstream.url (GLASSGATE_UPSTREAM_URL): must be scheme, host, port and path only: a key goes into api_key',
  ],
  'url-without-scheme': ['upstream.url (GLASSGATE_UPSTREAM_URL): Invalid URL'],
};
const GOOD = ['good', 'empty', 'comments-only', 'empty-section'];

afterEach(() => {
  vi.restoreAllMocks();
});

function loadFile(name: string, environment: Record<string, string> = {}): Config {
  return loadConfig({ GLASSGATE_CONFIG_FILE: join(FOLDER, `${name}.conf`), ...environment });
}

/** What is said of a configuration with faults. */
function faultsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.faults.map((fault) => fault.replace(`${FOLDER}/`, ''));
    throw thrown;
  }
  return [];
}

const SETTINGS = Object.entries(CONFIG_SECTIONS).flatMap(([section, { shape }]) =>
  Object.keys(shape).map((name) => ({
    section,
    name,
    variable: `GLASSGATE_${section}_${name}`.toUpperCase(),
  })),
);
const goodFile = parseYaml(readFileSync(join(FOLDER, 'good.conf'), 'utf8')) as Record<
  string,
  Record<string, unknown>
>;

const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = configSchema.parse({});

/** The good file as environment variables. */
const goodEnvironment = Object.fromEntries(
  SETTINGS.map(({ section, name, variable }) => [variable, textOf(goodFile[section]?.[name])]),
);

/** A value as a variable holds it. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join();
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'other');
}

/** Settings as plain values, secrets read. */
function plain(config: Config): Record<string, Record<string, unknown>> {
  const sections = Object.entries(config).map(([section, settings]) => {
    const values = Object.entries(settings).map(([name, value]: [string, unknown]) => [
      name,
      value instanceof Secret ? value.expose() : value,
    ]);
    return [section, Object.fromEntries(values) as Record<string, unknown>];
  });
  return Object.fromEntries(sections) as Record<string, Record<string, unknown>>;
}

describe('one file for each fault', () => {
  test.each(Object.entries(FAULTS))('%s', (name, faults) => {
    expect(faultsOf(() => loadFile(name))).toEqual(faults);
  });

  test('and no file without one', () => {
    const files = readdirSync(FOLDER).map((file) => file.replace('.conf', ''));
    expect(files.sort()).toEqual([...Object.keys(FAULTS), ...GOOD].sort());
  });

  test.each(Object.keys(FAULTS))('%s: nothing that may be a secret is repeated, nowhere', (name) => {
    const warnings = vi.spyOn(process, 'emitWarning');
    const output = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    const thrown = (() => {
      try {
        return loadFile(name);
      } catch (error) {
        return error;
      }
    })();
    expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain('swordfish');
    expect(String(thrown)).not.toContain('4711');
    expect(JSON.stringify([warnings.mock.calls, output.map(({ mock }) => mock.calls)])).not.toContain(
      'swordfish',
    );
  });

  test.each(GOOD)('%s is none', (name) => {
    expect(() => loadFile(name)).not.toThrow();
  });

  test('all of them are told at once, one on each line', () => {
    expect(() => loadFile('several-faults')).toThrow(
      /^The configuration has 8 fault\(s\):\n {2}- server\.port \(GLASSGATE_SERVER_PORT\): .*\n(?: {2}- .*\n){6} {2}- shade: unknown setting$/,
    );
  });

  test('those of file and environment together', () => {
    const faults = faultsOf(() =>
      loadFile('unknown-setting', { GLASSGATE_SERVER_PORT: 'x', GLASSGATE_SHADE: '1' }),
    );
    expect(faults).toEqual([
      'GLASSGATE_SHADE: unknown setting',
      'server.port (GLASSGATE_SERVER_PORT): Invalid input: expected number, received string',
      'server.prot: unknown setting',
    ]);
  });
});

describe('every setting', () => {
  test('stands in the good file, with another value than its default', () => {
    for (const { section, name } of SETTINGS) {
      expect(goodFile[section]?.[name], `${section}.${name}`).toBeDefined();
      expect(goodFile[section]?.[name], `${section}.${name}`).not.toEqual(defaults[section]?.[name]);
    }
  });

  test('can be given in the file', () => {
    const url = 'https://vllm.internal:8000/base';
    expect(plain(loadFile('good'))).toEqual({ ...goodFile, upstream: { ...goodFile['upstream'], url } });
  });

  test('can be given in the environment, with the same result', () => {
    const environment = { ...goodEnvironment, GLASSGATE_UPSTREAM_MODELS: 'one, two' };
    expect(plain(loadConfig(environment))).toEqual(plain(loadFile('good')));
  });

  test.each(SETTINGS)('$variable: the environment wins over the file', ({ section, name, variable }) => {
    const without: Record<string, string> = {
      GLASSGATE_UPSTREAM_URL: 'http://other.internal',
      GLASSGATE_UPSTREAM_MODELS: 'three',
      GLASSGATE_TELEMETRY_TRACE_URL: 'http://other.internal/{trace_id}',
      GLASSGATE_GUARDRAIL_LINK_HOSTS: 'other.example',
      GLASSGATE_GUARDRAIL_MODERATION_URL: 'http://other.internal',
    };
    const word = without[variable] ?? textOf(defaults[section]?.[name]);
    const expected = plain(loadConfig({ [variable]: word }))[section]?.[name];
    expect(expected).not.toEqual(goodFile[section]?.[name]);
    expect(plain(loadFile('good', { [variable]: word }))[section]?.[name]).toEqual(expected);
  });

  test.each(SETTINGS)('$variable: empty counts as not set', ({ variable }) => {
    expect(plain(loadFile('good', { [variable]: '' }))).toEqual(plain(loadFile('good')));
  });

  test.each(SETTINGS)('$variable: an unset variable is none', ({ variable }) => {
    expect(() => loadConfig({ [variable]: undefined })).not.toThrow();
  });
});

describe('the environment', () => {
  test.each([
    'GLASSGATE_SERVER_PROT',
    'GLASSGATE_SERVER',
    'GLASSGATE_',
    'GLASSGATE_COLOUR',
    'GLASSGATE_SERVER_CONSTRUCTOR',
  ])('%s is unknown, empty or not', (variable) => {
    for (const value of ['1', ''])
      expect(faultsOf(() => loadConfig({ [variable]: value }))).toEqual([`${variable}: unknown setting`]);
  });

  test('of others is left alone', () => {
    expect(() =>
      loadConfig({ PATH: '/bin', OTEL_SERVICE_NAME: 'x', GLASS: '1', glassgate_server_port: 'x' }),
    ).not.toThrow();
  });

  test('names the servers beside the gateway, which read it themselves', () => {
    const environment = { GLASSGATE_STACK_TRACES_URL: 'http://127.0.0.1:1', GLASSGATE_STACK_ANYTHING: 'x' };
    expect(plain(loadConfig(environment))).toEqual(plain(loadConfig({})));
    expect(faultsOf(() => loadConfig({ GLASSGATE_STACKS: 'x' }))).toEqual([
      'GLASSGATE_STACKS: unknown setting',
    ]);
  });

  test('has what the primary hands to its children, which is no setting', () => {
    const environment = { GLASSGATE_WORKER_SLOT: '3', GLASSGATE_EMBEDDED_URL: 'http://127.0.0.1:1' };
    expect(plain(loadConfig(environment))).toEqual(plain(loadConfig({})));
  });

  test('is enough: nothing is needed', () => {
    expect(loadConfig({}).server).toMatchObject({ host: '127.0.0.1', port: 8080, management_port: 9464 });
  });

  test.each(['true', 'false'])('%s is a flag', (word) => {
    const config = loadConfig({ GLASSGATE_TELEMETRY_CAPTURE_CONTENT: word });
    expect(config.telemetry.capture_content).toBe(word === 'true');
  });

  test.each([
    ['one', ['one']],
    ['one,two', ['one', 'two']],
    [' one , two ,', ['one', 'two']],
    [',', []],
  ])('the list %j', (words, models) => {
    expect(loadConfig({ GLASSGATE_UPSTREAM_MODELS: words }).upstream.models).toEqual(models);
  });

  test.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000'],
    ['https://host/path//', 'https://host/path'],
    ['http://[::1]:8000', 'http://[::1]:8000'],
  ])('the URL %s', (given, url) => {
    expect(loadConfig({ GLASSGATE_UPSTREAM_URL: given }).upstream.url).toBe(url);
  });

  test.each(['8080 ', '+80', '-1', '1e3', '0x50', '８０', '1_000', '9'.repeat(40)])(
    '%j is no number',
    (word) => {
      expect(faultsOf(() => loadConfig({ GLASSGATE_SERVER_PORT: word }))).toHaveLength(1);
    },
  );
});

describe('the file', () => {
  test.each([
    ['missing', 'ENOENT'],
    ['folder', 'EISDIR'],
  ])('that is %s is a fault that names it', (name, reason) => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'folder'));
    const path = join(folder, name);
    expect(faultsOf(() => loadConfig({ GLASSGATE_CONFIG_FILE: path }))).toEqual([
      `${path}: cannot be read: ${reason}`,
    ]);
  });

  test('that is a bomb of aliases is refused', () => {
    const path = join(temporaryFolder(), 'bomb.conf');
    const levels = Array.from(
      { length: 9 },
      (_none, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`,
    );
    writeFileSync(path, `a0: &a0 [x]\n${levels.join('\n')}\n`);
    expect(faultsOf(() => loadConfig({ GLASSGATE_CONFIG_FILE: path }))).toEqual([
      `${path}: cannot be read: an alias has no anchor or too many copies`,
    ]);
  });
});

describe('secrets from a file', () => {
  const SECRETS = [
    'GLASSGATE_UPSTREAM_API_KEY',
    'GLASSGATE_AUTH_INSTANCE_SECRET',
    'GLASSGATE_GUARDRAIL_MODERATION_API_KEY',
  ];

  function secretFile(content: string): string {
    const path = join(temporaryFolder(), 'secret');
    writeFileSync(path, content);
    return path;
  }

  test.each(['swordfish', 'swordfish\n', '  swordfish \r\n'])(
    '%j is the secret without its line end',
    (content) => {
      const config = loadConfig({ GLASSGATE_UPSTREAM_API_KEY_FILE: secretFile(content) });
      expect(config.upstream.api_key?.expose()).toBe('swordfish');
    },
  );

  test('can be the instance secret', () => {
    const config = loadConfig({ GLASSGATE_AUTH_INSTANCE_SECRET_FILE: secretFile('swordfish') });
    expect(config.auth.instance_secret?.expose()).toBe('swordfish');
  });

  test.each(SECRETS)('%s: a file that is not there', (variable) => {
    const faults = faultsOf(() => loadConfig({ [`${variable}_FILE`]: '/nowhere/swordfish' }));
    expect(faults).toEqual([`${variable}_FILE: the file cannot be read`]);
  });

  test.each(SECRETS)('%s: an empty file is no secret, and not in silence', (variable) => {
    const faults = faultsOf(() => loadConfig({ [`${variable}_FILE`]: secretFile(' \n') }));
    expect(faults).toEqual([`${variable}_FILE: the file is empty`]);
  });

  test.each(SECRETS)('%s: value and file at once', (variable) => {
    const both = { [variable]: 'swordfish', [`${variable}_FILE`]: secretFile('other') };
    expect(faultsOf(() => loadConfig(both))).toEqual([`${variable}_FILE: set either this or ${variable}`]);
  });

  test.each(SECRETS)('%s: an empty value beside the file is none', (variable) => {
    const config = loadConfig({ [variable]: '', [`${variable}_FILE`]: secretFile('swordfish') });
    expect(JSON.stringify(plain(config))).toContain('swordfish');
  });

  test('wins over the configuration file', () => {
    const config = loadFile('good', { GLASSGATE_UPSTREAM_API_KEY_FILE: secretFile('other') });
    expect(config.upstream.api_key?.expose()).toBe('other');
  });

  test('is only for secrets', () => {
    const path = secretFile('9000');
    expect(faultsOf(() => loadConfig({ GLASSGATE_SERVER_PORT_FILE: path }))).toEqual([
      'GLASSGATE_SERVER_PORT_FILE: unknown setting',
    ]);
  });
});

describe('what was loaded', () => {
  test('shows no secret, however it is printed', () => {
    const config = loadFile('good');
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      String(config.upstream.api_key),
    ];
    expect(shown.join()).not.toContain('swordfish');
    expect(shown[0]).toContain('"api_key":"<secret>"');
  });

  test('cannot be changed', () => {
    const config = loadConfig({});
    expect(Object.isFrozen(config)).toBe(true);
    for (const section of Object.values(config)) expect(Object.isFrozen(section)).toBe(true);
  });
});
