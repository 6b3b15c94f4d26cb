import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../storage/__fixtures__/run-program.ts';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { openKeyStore } from './key-store.ts';

const COMMAND = new URL('./keys-command.ts', import.meta.url);

describe('npm run keys', () => {
  it('makes a key, shows it alone on stdout and never again', async () => {
    const { run, store } = setUp();

    const made = await run('create', '--label', 'My laptop', '--requests-per-minute', '30');

    expect(made).toMatchObject({ exitCode: 0 });
    const text = made.stdout.trimEnd();
    expect(store().verify(text)).toMatchObject({ label: 'My laptop', requestsPerMinute: 30 });
    const id = text.slice(3, 13);
    expect(made.stderr).toBe(`Key ${id} (My laptop) made. It is not shown again: keep it now.\n`);
    const listed = await run('list');
    expect(listed.stdout).toContain(id);
    expect(listed.stdout).not.toContain(text.slice(14));
  });

  it('lists keys with their limits and states', async () => {
    const { run, store } = setUp();
    store().create({ label: 'first', requestsPerMinute: 5 });
    const { key } = store().create({ label: 'second' });
    store().revoke(key.id);

    const { stdout, exitCode } = await run('list');

    expect(exitCode).toBe(0);
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^ID +CREATED +LIMIT\/MIN +STATE +LABEL$/);
    expect(lines).toHaveLength(2);
    expect(lines.find((line) => line.endsWith('first'))).toMatch(/^\w{10} {2}\S+Z {2}5 +active +first$/);
    expect(lines.find((line) => line.endsWith('second'))).toMatch(
      /^\w{10} {2}\S+Z {2}default +revoked \S+Z +second$/,
    );
  });

  it('revokes a key for processes that have the file open', async () => {
    const { run, store } = setUp();
    const gateway = store();
    const { text, key } = gateway.create({ label: 'ci' });
    expect(gateway.verify(text)).toEqual(key);

    expect(await run('revoke', key.id)).toEqual({
      exitCode: 0,
      stdout: `Key ${key.id} is revoked.\n`,
      stderr: '',
    });

    expect(gateway.verify(text)).toBeUndefined();
  });

  it('fails for a key that does not exist', async () => {
    const { run } = setUp();

    expect(await run('revoke', 'nobody')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'There is no key with the ID "nobody".\n',
    });
  });

  it.each([
    [[], 'Which command?'],
    [['delete'], 'There is no command "delete".'],
    [['create'], 'create needs --label NAME.'],
    [['create', '--label', ' '], 'create needs --label NAME.'],
    [['create', '--label', 'x'.repeat(101)], 'A label has at most 100 characters'],
    [['create', '--label', 'two\nlines'], 'no control characters'],
    [['create', '--label', 'a', '--requests-per-minute=-1'], '--requests-per-minute needs a whole number'],
    [
      ['create', '--label', 'a', '--requests-per-minute', '1e3'],
      '--requests-per-minute needs a whole number',
    ],
    [['create', '--name', 'a'], "Unknown option '--name'"],
    [['revoke'], 'revoke needs the ID of a key'],
  ])('called with %j says what is wrong and how it is used', async (args, message) => {
    const { run, store } = setUp();

    const result = await run(...args);

    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain('Usage: npm run keys --');
    expect(result.stderr).not.toContain('    at ');
    expect(store().list()).toEqual([]);
  });

  it('shows its help', async () => {
    const result = await runProgram(COMMAND, ['--help']);

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toContain('Usage: npm run keys --');
  });
});

function setUp() {
  const folder = temporaryFolder();
  return {
    run: (...args: string[]) => runProgram(COMMAND, [...args, '--data', folder]),
    store: () => {
      const store = openKeyStore(join(folder, 'access.db'));
      onTestFinished(() => store.close());
      return store;
    },
  };
}
