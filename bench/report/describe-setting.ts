import { cpus, loadavg } from 'node:os';
import { isPinned } from '../pinning.ts';
import { nginxVersion } from '../targets/nginx.ts';

/** On what the numbers were made, in sentences. */
export function describeSetting(startedAt: Date): string[] {
  const cores = cpus();
  const nginx = nginxVersion();
  return [
    `Measured ${startedAt.toISOString().slice(0, 10)} on ${cores.length} cores (${cores[0]?.model ?? 'unknown'}), Node ${process.versions.node}, load ${(loadavg()[0] ?? 0).toFixed(1)} at the start.`,
    nginx === undefined ? 'No nginx on PATH: its row is missing.' : `nginx ${nginx}, one worker.`,
    isPinned
      ? 'What is measured had one core, load generator and upstream the others.'
      : 'Without taskset or a second core all processes shared the machine.',
  ];
}
