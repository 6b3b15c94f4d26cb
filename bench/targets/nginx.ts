import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { treeCpuMicroseconds } from '../cpu-time.ts';
import { pinned } from '../pinning.ts';
import type { Target } from './target.ts';

const START_TIMEOUT_MS = 5000;

/** Version of the nginx on PATH; `undefined` when there is none. */
export function nginxVersion(): string | undefined {
  const { error, stderr } = spawnSync('nginx', ['-v'], { encoding: 'utf8' });
  return error === undefined ? /nginx\/(\S+)/.exec(stderr)?.[1] : undefined;
}

/** Starts nginx as a reverse proxy with one worker, set up as the handbook says for streams. */
export async function startNginxTarget(folder: string, upstreamPort: number): Promise<Target> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const configFile = join(folder, 'nginx.conf');
  writeFileSync(configFile, configuration(folder, port, upstreamPort));
  const error = join(folder, 'error.log');
  const [command = '', ...rest] = pinned(['nginx', '-p', folder, '-e', error, '-c', configFile], 'measured');
  const child = spawn(command, rest, { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await answers(port);
  const pid = child.pid ?? 0;
  return {
    id: 'nginx',
    port,
    retrieval: true,
    cpuMicroseconds: () => treeCpuMicroseconds(pid),
    settle: () => Promise.resolve(),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function configuration(folder: string, port: number, upstreamPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${join(folder, name)};`)
    .join('\n');
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
events { worker_connections 2048; }
http {
  access_log off;
${temporary}
  keepalive_timeout 600s;
  keepalive_requests 10000000;
  upstream model {
    server 127.0.0.1:${upstreamPort};
    keepalive 512;
    keepalive_timeout 600s;
    keepalive_requests 10000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/v1/models`);
      await response.body?.cancel();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error('nginx did not start', { cause: error });
      await delay(50);
    }
  }
}
