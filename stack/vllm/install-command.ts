import { runCommand, UsageError } from '../../src/command/run-command.ts';
import { installVllm } from './install.ts';
import { machineTools } from './run-program.ts';

const USAGE = `Usage: npm run stack:install:vllm
  Puts a real vLLM for processors and a small model into the user's cache, once for all clones; what is there is kept.
  Needs Linux on x64, Python 3.11 or newer and about 7 GB. Interrupted, it goes on where it was when it is run again.`;

await runCommand({
  usage: USAGE,
  run: async (args) => {
    if (args.length > 0) throw new UsageError('This command takes no arguments.');
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      throw new Error(
        `vLLM for processors is built for Linux on x64; this is ${process.platform} on ${process.arch}.`,
      );
    }
    const startedAt = performance.now();
    await installVllm(machineTools(say));
    say(`all there after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  },
});

function say(line: string): void {
  process.stdout.write(`stack:install:vllm: ${line}\n`);
}
