import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitUntil } from '../../test/support/wait-until.ts';
import { pythonOf, vllmFolders, type VllmFolders } from './folders.ts';
import { membersOf } from './process-group.ts';
import { startVllm, type VllmOptions } from './start-vllm.ts';

const FAKE = join(import.meta.dirname, '__fixtures__', 'fake-vllm.mjs');

let folder: string;
let installed: VllmFolders;
let options: VllmOptions;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-vllm-'));
  installed = vllmFolders({ XDG_CACHE_HOME: folder });
  mkdirSync(installed.model, { recursive: true });
  mkdirSync(join(installed.packages, 'bin'), { recursive: true });
  writeFileSync(pythonOf(installed.packages), `#!/bin/sh\nexec ${process.execPath} ${FAKE} "$@"\n`, {
    mode: 0o755,
  });
  options = { folder: join(folder, 'run'), otlpEndpoint: 'http://127.0.0.1:4317', installed };
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Process id of the child that the fake server has told of. */
function engineOf(log: string): number {
  return Number(/^engine (\d+)$/m.exec(log)?.[1]);
}

/** Whether it runs: one that has ended may still be in the list of processes. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('startVllm', { timeout: 20_000 }, () => {
  it('starts the server with its model, its address and where its spans go, and later flags count', async () => {
    await using vllm = await startVllm({ ...options, flags: ['--max-num-seqs=4'] });
    const flags = (await (await fetch(`${vllm.url}/flags`)).json()) as string[];
    expect(flags).toEqual([
      `--model=${installed.model}`,
      '--served-model-name=smollm2-135m-instruct',
      '--host=127.0.0.1',
      `--port=${new URL(vllm.url).port}`,
      '--dtype=bfloat16',
      '--max-model-len=4096',
      '--max-num-seqs=16',
      '--otlp-traces-endpoint=http://127.0.0.1:4317',
      '--enforce-eager',
      '--enable-request-id-headers',
      '--max-num-seqs=4',
    ]);
    expect(vllm).toMatchObject({ address: new URL(vllm.url).host, model: 'smollm2-135m-instruct' });
    expect(vllm.log()).toContain('OTEL_SERVICE_NAME vllm');
  });

  it('leaves nothing behind, not even an engine that does not listen to signals', async () => {
    const vllm = await startVllm(options);
    const engine = engineOf(vllm.log());
    expect(membersOf(vllm.pid)).toEqual(expect.arrayContaining([vllm.pid, engine]));
    await vllm.close();
    expect(membersOf(vllm.pid)).toEqual([]);
  });

  it('leaves nothing behind either when the server dies by itself', async () => {
    const vllm = await startVllm(options);
    process.kill(vllm.pid, 'SIGKILL');
    await vllm.close();
    expect(membersOf(vllm.pid)).toEqual([]);
  });

  it('leaves nothing behind when the program that started it is killed', async () => {
    const script = join(folder, 'start.ts');
    const module = join(import.meta.dirname, 'start-vllm.ts');
    writeFileSync(
      script,
      `import { startVllm } from ${JSON.stringify(module)};
       const { pid } = await startVllm(${JSON.stringify(options)});
       process.stdout.write(String(pid));`,
    );
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    const group = Number(text.toString());
    expect(membersOf(group).length).toBeGreaterThan(1);
    child.kill('SIGKILL');
    await waitUntil('the guardian has ended all of it', () => membersOf(group).length === 0);
  });

  it('fails with the last lines of the log when the server ends', async () => {
    const started = startVllm({ ...options, flags: ['--fail'] });
    await expect(started).rejects.toThrow(/vllm did not start[^]*ValueError: the model cannot be read/);
  });

  it('fails at the start limit, and what it started is gone', async () => {
    const started = startVllm({ ...options, flags: ['--never-ready'], startTimeoutMs: 1500 });
    await expect(started).rejects.toThrow('vllm did not start');
    const engine = engineOf(readFileSync(join(options.folder, 'vllm.log'), 'utf8'));
    expect(engine).toBeGreaterThan(0);
    expect(runs(engine)).toBe(false);
  });

  it('names the command that installs what is not there', async () => {
    rmSync(installed.model, { recursive: true });
    await expect(startVllm(options)).rejects.toThrow('npm run stack:install:vllm');
  });
});
