// Stands in for vLLM's server in tests of how it is started and ended: a server with a child that ignores SIGTERM.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const flags = process.argv.filter((argument) => argument.startsWith('--'));
const valueOf = (name) => flags.find((flag) => flag.startsWith(`--${name}=`))?.split('=')[1];

if (flags.includes('--fail')) {
  process.stderr.write('ValueError: the model cannot be read\n');
  process.exit(1);
}
const engine = spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 0.2; done'], { stdio: 'ignore' });
process.stdout.write(`engine ${engine.pid}\nOTEL_SERVICE_NAME ${process.env['OTEL_SERVICE_NAME']}\n`);
createServer((request, response) => {
  response.writeHead(flags.includes('--never-ready') ? 503 : 200);
  response.end(request.url === '/flags' ? JSON.stringify(flags) : '');
}).listen(Number(valueOf('port')), '127.0.0.1');
