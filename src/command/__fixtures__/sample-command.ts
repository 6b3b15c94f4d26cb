import { parseArgs } from 'node:util';
import { runCommand, UsageError } from '../run-command.ts';

await runCommand({
  usage: 'Usage: sample --mode MODE',
  async run(args) {
    const { values } = parseArgs({ args, options: { mode: { type: 'string' } } });
    await Promise.resolve();
    if (values.mode === 'usage') throw new UsageError('This mode is not known.');
    if (values.mode === 'failure') throw new Error('It did not work.');
    if (values.mode === 'text') throw 'only a text' as unknown as Error;
    process.stdout.write('done\n');
  },
});
