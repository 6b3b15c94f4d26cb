import { expect, it } from 'vitest';
import { runProgram } from '../storage/__fixtures__/run-program.ts';

const SAMPLE = new URL('./__fixtures__/sample-command.ts', import.meta.url);
const USAGE = 'Usage: sample --mode MODE';

it.each([
  ['done', ['--mode', 'good'], { exitCode: 0, stdout: 'done\n', stderr: '' }],
  ['asked for help', ['--help'], { exitCode: 0, stdout: `${USAGE}\n`, stderr: '' }],
  ['asked for help in short', ['--mode', 'failure', '-h'], { exitCode: 0, stdout: `${USAGE}\n`, stderr: '' }],
  ['failed', ['--mode', 'failure'], { exitCode: 1, stdout: '', stderr: 'It did not work.\n' }],
  [
    'failed with something that is no error',
    ['--mode', 'text'],
    { exitCode: 1, stdout: '', stderr: 'only a text\n' },
  ],
  [
    'called wrongly',
    ['--mode', 'usage'],
    { exitCode: 2, stdout: '', stderr: `This mode is not known.\n\n${USAGE}\n` },
  ],
])('a command that is %s tells so by exit code and text', async (_, args, expected) => {
  expect(await runProgram(SAMPLE, args)).toEqual(expected);
});

it('an option that does not exist is a wrong call, without a stack', async () => {
  const { exitCode, stdout, stderr } = await runProgram(SAMPLE, ['--unknown']);

  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain("Unknown option '--unknown'");
  expect(stderr).toContain(USAGE);
  expect(stderr).not.toContain('    at ');
});
