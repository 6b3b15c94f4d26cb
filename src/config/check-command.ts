import { runCommand } from '../command/run-command.ts';
import { describeConfig } from './describe-config.ts';
import { loadConfig } from './load.ts';

const USAGE = `Usage: npm run config:check
  Checks the configuration that the environment and GLASSGATE_CONFIG_FILE give, and says what it would do.
  Exit code 0: sound. 1: it has faults, all of which are listed.`;

await runCommand({ usage: USAGE, run: () => void process.stdout.write(describeConfig(loadConfig())) });
