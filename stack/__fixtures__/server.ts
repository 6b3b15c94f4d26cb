import { createServer } from 'node:http';

/** A server for tests: `node server.ts PORT [deaf|mute|broken]`. It tells its environment. */
const [port, manner] = process.argv.slice(2);
if (manner === 'broken') {
  process.stderr.write('line one\nthe key "colour" is not known\n');
  process.exit(3);
}
process.stdout.write(`started ${manner ?? 'well'}\n`);
if (manner === 'deaf') process.on('SIGTERM', () => process.stdout.write('not now\n'));
createServer((_, response) => {
  response.statusCode = manner === 'mute' ? 503 : 200;
  response.end(JSON.stringify(process.env));
}).listen(Number(port), '127.0.0.1');
