import { cpus, loadavg } from 'node:os';
import { isPinned } from '../pinning.ts';
import { nginxVersion } from '../targets/nginx.ts';

/** On what the numbers were made, in sentences. */
export function describeSetting(startedAt: Date): string[] {
  const cores = cpus();
  const nginx = nginxVersion();
  const load = loadavg()[0] ?? 0;
  const busy = load > cores.length / 2;
  return [
    `Measured ${startedAt.toISOString().slice(0, 10)} on ${cores.length} cores (${cores[0]?.model ?? 'unknown'}), Node ${process.versions.node}, load ${load.toFixed(1)} at the start.`,
    nginx === undefined ? 'No nginx on PATH: its row is missing.' : `nginx ${nginx}, one worker.`,
    ...(busy ? ['The machine was busy with other work: take the numbers with care.'] : []),
    isPinned
      ? 'What is measured had one core, load generator and upstream the others.'
      : 'Without taskset or a second core all processes shared the machine.',
    'Repeat it with `npm run bench`.',
  ];
}
