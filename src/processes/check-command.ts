import { runCommand } from '../command/run-command.ts';
import { describeConfig } from '../config/describe-config.ts';
import { loadConfig } from '../config/load.ts';
import { refuseMissingModel, refuseOpenDoor } from './start-checks.ts';

const USAGE = `Usage: npm run config:check
  Checks the configuration that the environment and GLASSGATE_CONFIG_FILE give, and says what it would do.
  Exit code 0: sound. 1: it has faults, all of which are listed.`;

await runCommand({ usage: USAGE, run });

/** What would stop the start is a fault here, too; whether ports are free is not looked at: the gateway may be running. */
function run(): void {
  const config = loadConfig();
  refuseOpenDoor(config);
  refuseMissingModel(config);
  process.stdout.write(describeConfig(config));
}
