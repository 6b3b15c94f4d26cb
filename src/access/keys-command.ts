import { parseArgs } from 'node:util';
import { runCommand, UsageError } from '../command/run-command.ts';
import { loadConfig } from '../config/load.ts';
import { dataFile } from '../storage/data-file.ts';
import { type KeyRecord, type KeyStore, openKeyStore } from './key-store.ts';

const USAGE = `Usage: npm run keys -- <command>
  create --label NAME [--requests-per-minute N]   make a key; it is shown once (N = 0: no limit)
  list                                            show all keys, never their secrets
  revoke ID                                       refuse a key from now on
Option: --data FOLDER   the data folder; default: the configured one`;
const LABEL_LIMIT = 100;
const CONTROL_CHARACTER = /\p{Cc}/u;

interface Parsed {
  readonly store: KeyStore;
  readonly label: string | undefined;
  readonly limit: string | undefined;
  readonly operands: readonly string[];
}

const COMMANDS = new Map<string, (parsed: Parsed) => void>([
  ['create', create],
  ['list', list],
  ['revoke', revoke],
]);

await runCommand({ usage: USAGE, run: runKeys });

function runKeys(args: string[]): void {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      label: { type: 'string' },
      'requests-per-minute': { type: 'string' },
      data: { type: 'string' },
    },
  });
  const [name = '', ...operands] = positionals;
  const command = COMMANDS.get(name);
  if (!command) throw new UsageError(name === '' ? 'Which command?' : `There is no command "${name}".`);
  const store = openKeyStore(dataFile(values.data ?? loadConfig().storage.folder, 'access'));
  try {
    command({ store, label: values.label, limit: values['requests-per-minute'], operands });
  } finally {
    store.close();
  }
}

function create({ store, label, limit }: Parsed): void {
  if (label === undefined || label.trim() === '') throw new UsageError('create needs --label NAME.');
  if (label.length > LABEL_LIMIT || CONTROL_CHARACTER.test(label))
    throw new UsageError(`A label has at most ${LABEL_LIMIT} characters and no control characters.`);
  const { text, key } = store.create({ label, requestsPerMinute: parseLimit(limit) });
  // The key alone on stdout, so that a script can take it; the rest is for people.
  process.stdout.write(`${text}\n`);
  process.stderr.write(`Key ${key.id} (${label}) made. It is not shown again: keep it now.\n`);
}

function list({ store }: Parsed): void {
  const rows = store.list().map(toCells);
  const table = [['ID', 'CREATED', 'LIMIT/MIN', 'STATE', 'LABEL'], ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of table) {
    const line = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}

function revoke({ store, operands }: Parsed): void {
  const [id] = operands;
  if (id === undefined) throw new UsageError('revoke needs the ID of a key (see list).');
  if (!store.revoke(id)) throw new Error(`There is no key with the ID "${id}".`);
  process.stdout.write(`Key ${id} is revoked.\n`);
}

function toCells(key: KeyRecord): string[] {
  return [
    key.id,
    new Date(key.createdAt).toISOString(),
    key.requestsPerMinute === undefined ? 'default' : String(key.requestsPerMinute),
    key.revokedAt === undefined ? 'active' : `revoked ${new Date(key.revokedAt).toISOString()}`,
    key.label,
  ];
}

function parseLimit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,7}$/.test(text)) throw new UsageError('--requests-per-minute needs a whole number, 0 or more.');
  return Number(text);
}
