import { startGuardian } from '../guardian.ts';
import { createServerProcess } from '../server-process.ts';

/** A program that starts a server and then waits to be killed: `node parent.ts PORT FOLDER [deaf]`. */
const [port = '', folder = '', ...manner] = process.argv.slice(2);
const server = createServerProcess({
  name: 'fixture',
  command: process.execPath,
  args: [new URL('server.ts', import.meta.url).pathname, port, ...manner],
  folder,
  logFile: `${folder}/fixture.log`,
  readyUrl: `http://127.0.0.1:${port}/`,
  guardian: startGuardian(),
});
await server.start();
process.stdout.write(`${server.pid()}\n`);
setInterval(() => undefined, 60_000);
