import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openKeyStore } from '../access/key-store.ts';
import { loadConfig } from '../config/load.ts';
import { refuseOpenDoor, refuseTakenPort } from './start-checks.ts';
import { StartFault } from './start-fault.ts';

test('a public address needs a key that is not revoked', () => {
  const folder = temporaryFolder();
  const config = loadConfig({ GLASSGATE_SERVER_HOST: '0.0.0.0', GLASSGATE_STORAGE_FOLDER: folder });
  expect(() => refuseOpenDoor(config)).toThrow(StartFault);
  const keys = openKeyStore(join(folder, 'access.db'));
  const { key } = keys.create({ label: 'test' });
  expect(() => refuseOpenDoor(config)).not.toThrow();
  keys.revoke(key.id);
  expect(() => refuseOpenDoor(config)).toThrow('npm run keys');
  keys.close();
});

test.each(['anonymous', 'forwarded'])(
  'a public address is taken without keys for %s visitors',
  (visitors) => {
    const config = loadConfig({
      GLASSGATE_SERVER_HOST: '0.0.0.0',
      GLASSGATE_AUTH_VISITORS: visitors,
      GLASSGATE_STORAGE_FOLDER: '/nowhere',
    });
    expect(() => refuseOpenDoor(config)).not.toThrow();
  },
);

test('loopback needs no key and opens no file', () => {
  const folder = temporaryFolder();
  refuseOpenDoor(loadConfig({ GLASSGATE_STORAGE_FOLDER: folder }));
  expect(existsSync(join(folder, 'access.db'))).toBe(false);
});

test('a port that is taken is refused with the setting to change; a free one is left free', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(refuseTakenPort('127.0.0.1', port, 'THE_SETTING')).rejects.toThrow(
    new StartFault(`127.0.0.1:${port} is in use by another program: set THE_SETTING to another one.`, 1),
  );
  server.close();
  await once(server, 'close');
  await refuseTakenPort('127.0.0.1', port, 'THE_SETTING');
  await refuseTakenPort('127.0.0.1', port, 'THE_SETTING');
});

test('an address of another machine is refused with the reason', async () => {
  await expect(refuseTakenPort('192.0.2.1', 8080, 'THE_SETTING')).rejects.toThrow('EADDRNOTAVAIL');
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-checks-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
