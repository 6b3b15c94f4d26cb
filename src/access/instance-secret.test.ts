import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../storage/__fixtures__/run-program.ts';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { loadInstanceSecret } from './instance-secret.ts';

const PRINT_SECRET = new URL('./__fixtures__/print-secret.ts', import.meta.url);

describe('loadInstanceSecret', () => {
  it('makes 32 random bytes once, readable by their owner only', () => {
    const folder = join(temporaryFolder(), 'data');

    const secret = loadInstanceSecret(folder);

    expect(secret).toHaveLength(32);
    expect(loadInstanceSecret(folder)).toEqual(secret);
    expect(readFileSync(join(folder, 'instance-secret'))).toEqual(secret);
    expect(statSync(join(folder, 'instance-secret')).mode & 0o777).toBe(0o600);
    expect(loadInstanceSecret(temporaryFolder())).not.toEqual(secret);
  });

  it('gives one secret to all processes that start together, and leaves no drafts', async () => {
    const folder = temporaryFolder();

    const results = await Promise.all(Array.from({ length: 6 }, () => runProgram(PRINT_SECRET, [folder])));

    const expected = loadInstanceSecret(folder).toString('hex');
    for (const result of results) expect(result).toEqual({ exitCode: 0, stdout: expected, stderr: '' });
    expect(readdirSync(folder)).toEqual(['instance-secret']);
  });

  it.each([0o640, 0o604, 0o660])('refuses a file that others can read (mode %o)', (mode) => {
    const folder = temporaryFolder();
    loadInstanceSecret(folder);
    chmodSync(join(folder, 'instance-secret'), mode);

    expect(() => loadInstanceSecret(folder)).toThrow(
      /instance-secret can be read by other users: run chmod 600/,
    );
  });

  it('refuses a file of another length instead of signing with it', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'instance-secret'), 'short', { mode: 0o600 });

    expect(() => loadInstanceSecret(folder)).toThrow(/must hold exactly 32 bytes/);
  });

  it('uses the configured one, the same everywhere, and writes nothing', () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()];

    expect(loadInstanceSecret(one, 'configured')).toEqual(loadInstanceSecret(two, 'configured'));
    expect(loadInstanceSecret(one, 'configured')).not.toEqual(loadInstanceSecret(one, 'other'));
    expect(loadInstanceSecret(one, 'configured')).toHaveLength(32);
    expect(readdirSync(one)).toEqual([]);
  });
});
