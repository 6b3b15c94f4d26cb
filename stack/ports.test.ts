import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { findPort } from './ports.ts';

test('gives ports that can be listened on, each once, outside the range of outgoing connections', async () => {
  const ports: number[] = [];
  for (let count = 0; count < 50; count += 1) ports.push(await findPort());
  expect(new Set(ports).size).toBe(50);
  expect(ports.every((port) => port >= 20_000 && port < 32_000)).toBe(true);
  const server = createServer().listen(ports[0], '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

test('gives the wanted port when nobody has it, and only once', async () => {
  const wanted = await freePort();
  expect(await findPort(wanted)).toBe(wanted);
  expect(await findPort(wanted)).not.toBe(wanted);
});

test('gives another port when the wanted one is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await findPort(port)).not.toBe(port);
  server.close();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
