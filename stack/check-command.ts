import { join } from 'node:path';
import { runCommand } from '../src/command/run-command.ts';
import { checkConfigs } from './check-configs.ts';

const USAGE = `Usage: npm run stack:check
  Has every configuration file of the stack read by the program it is for (otelcol, promtool, amtool, loki; for Tempo and
  Grafana by this project) and prints one line for each file. Ends with 1 and the program's own words when one is bad.`;

await runCommand({ usage: USAGE, run: async () => report() });

function report(): void {
  const checks = checkConfigs(join(import.meta.dirname, '..'));
  for (const { file, faults } of checks) {
    process.stdout.write(`${faults.length === 0 ? 'good' : 'BAD '} ${file}\n`);
    for (const fault of faults) process.stdout.write(`       ${fault}\n`);
  }
  if (checks.some(({ faults }) => faults.length > 0)) process.exitCode = 1;
}
