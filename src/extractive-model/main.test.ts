import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const BODY = JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], stream: true });

let child: ChildProcess;
afterEach(() => void child.kill('SIGKILL'));

async function forkModel(env: Record<string, string> = {}): Promise<string> {
  child = fork(MAIN, { env: { ...process.env, ...env }, execArgv: [], silent: true });
  const [message] = (await once(child, 'message')) as [unknown];
  expect(message).toEqual({ type: 'listening', port: expect.any(Number) });
  return `http://127.0.0.1:${(message as { port: number }).port}`;
}
const ask = async (url: string): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', body: BODY });

describe('the process of the extractive stand-in', () => {
  it('tells its parent the port, answers, and ends whole when told to drain', async () => {
    const url = await forkModel({ GLASSGATE_EXTRACTIVE_DELAY_MS: '5' });
    const response = await ask(url);
    child.send({ type: 'drain' });
    const text = await response.text();
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('leaves signals to its parent, and ends when the parent is gone', async () => {
    const url = await forkModel();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect((await ask(url)).status).toBe(200);
    const exited = once(child, 'exit');
    child.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  it('ends on SIGTERM when nobody started it', async () => {
    child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, GLASSGATE_EMBEDDED_PORT: '0' },
      stdio: 'pipe',
    });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    const { url } = JSON.parse(String(line)) as { url: string };
    const { port, hostname } = new URL(url);
    expect(hostname).toBe('127.0.0.1');
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.destroy();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});
