import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerRecord } from '../answers/__fixtures__/answer-record.ts';
import { openAnswerWriter } from '../answers/answer-writer.ts';
import { runProgram } from '../storage/__fixtures__/run-program.ts';
import { temporaryFolder } from '../storage/__fixtures__/temporary-folder.ts';
import { type EvaluationCase, toEvaluationCase } from './evaluation-case.ts';

const COMMAND = new URL('./feedback-export.ts', import.meta.url);

describe('npm run feedback:export', () => {
  it('writes one line per answer, oldest first, while the gateway has the file open', async () => {
    const { run, records } = setUp();

    const result = await run();

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    const [first, second, third] = linesOf(result.stdout);
    expect(first).toEqual(toEvaluationCase(records.october));
    expect(second).toEqual({
      ...toEvaluationCase(records.november),
      feedback: {
        rating: 'down',
        comment: '不对\nsecond line',
        reasons: ['incorrect'],
        updated_at: expect.any(Number) as number,
      },
    });
    expect(third).toMatchObject({ answer_id: 'ans_december', feedback: { rating: 'up' } });
    expect(linesOf(result.stdout)).toHaveLength(3);
  });

  it.each([
    [
      ['--since', '2026-11-01'],
      ['ans_november', 'ans_december'],
    ],
    [['--until', '2026-11-01'], ['ans_october']],
    [['--since', '2026-11-01', '--until', '2026-12-01'], ['ans_november']],
    [['--since', '2026-11-15T08:00:00+08:00', '--until', '2026-11-15T00:00:00.001Z'], ['ans_november']],
    [['--until', '2026-11-15T00:00:00Z', '--since', '2026-11-01'], []],
    [['--rating', 'up'], ['ans_december']],
    [['--rating', 'down'], ['ans_november']],
    [
      ['--rating', 'any'],
      ['ans_november', 'ans_december'],
    ],
    [['--rating', 'none'], ['ans_october']],
    [['--rating', 'down', '--since', '2026-12-01'], []],
  ])('with %j exports %j', async (args, answerIds) => {
    const { run } = setUp();

    const result = await run(...args);

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(linesOf(result.stdout).map(({ answer_id }) => answer_id)).toEqual(answerIds);
  });

  it('writes a whole file that only its owner can read, and nothing else', async () => {
    const { run, folder } = setUp();
    const output = join(folder, 'out', 'cases.jsonl');
    mkdirSync(join(folder, 'out'));

    const result = await run('--output', output);

    expect(result).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(linesOf(readFileSync(output, 'utf8'))).toHaveLength(3);
    expect(statSync(output).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'out'))).toEqual(['cases.jsonl']);
  });

  it('finds the folder by the configuration', async () => {
    const { folder } = setUp();

    const result = await runProgram(COMMAND, [], { GLASSGATE_STORAGE_FOLDER: folder });

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(linesOf(result.stdout)).toHaveLength(3);
  });

  it('streams: who reads only the first line ends it without an error', { timeout: 20_000 }, async () => {
    const { folder, writer } = setUp();
    const batch = Array.from({ length: 400 }, (_, n) =>
      JSON.stringify(answerRecord({ createdAt: n, answer: 'x'.repeat(20_000) })),
    );
    writer.write(batch);

    const child = spawn(process.execPath, [COMMAND.pathname, '--data', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [exitCode] = (await once(child, 'close')) as [number | null];

    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it.each([
    [['--since', '2026-02-30'], '--since "2026-02-30" is not a time'],
    [['--until', 'tomorrow'], '--until "tomorrow" is not a time'],
    [['--rating', 'good'], '--rating must be one of up, down, any, none.'],
    [['--format', 'csv'], "Unknown option '--format'"],
    [['2026-11-01'], 'Unexpected argument'],
  ])('called with %j says what is wrong and how it is used', async (args, message) => {
    const { run } = setUp();

    const result = await run(...args);

    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(result.stderr).toContain('Usage: npm run feedback:export');
  });

  it('says that there is no database instead of making one', async () => {
    const folder = temporaryFolder();

    const result = await runProgram(COMMAND, ['--data', folder]);

    const path = join(folder, 'answers.db');
    expect(result).toEqual({ exitCode: 1, stdout: '', stderr: `There is no answer database at ${path}.\n` });
    expect(existsSync(path)).toBe(false);
  });

  it('leaves no half file when it cannot go on', async () => {
    const { run, folder } = setUp();
    const vandal = new Database(join(folder, 'answers.db'));
    vandal.exec("UPDATE answers SET stages = 'damaged' WHERE answer_id = 'ans_december'");
    vandal.close();

    const result = await run('--output', join(folder, 'cases.jsonl'));

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('JSON');
    expect(readdirSync(folder).filter((file) => file.includes('cases'))).toEqual([]);
  });

  it('says so when it cannot write there', async () => {
    const { run, folder } = setUp();

    const result = await run('--output', join(folder, 'nowhere', 'cases.jsonl'));

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('no such file or directory');
  });

  it('refuses a database from a newer version', async () => {
    const { run, folder } = setUp();
    const newer = new Database(join(folder, 'answers.db'));
    newer.pragma('user_version = 99');
    newer.close();

    const result = await run();

    expect(result).toMatchObject({ exitCode: 1, stdout: '' });
    expect(result.stderr).toContain('schema version 99');
  });
});

function setUp() {
  const folder = temporaryFolder();
  const writer = openAnswerWriter({ path: join(folder, 'answers.db'), busyTimeoutMs: 250 });
  onTestFinished(() => writer.close());
  const recordOf = (month: string) =>
    answerRecord({ answerId: `ans_${month}`, createdAt: Date.parse(`15 ${month} 2026 00:00 UTC`) });
  const records = {
    october: recordOf('october'),
    november: recordOf('november'),
    december: recordOf('december'),
  };
  writer.write(Object.values(records).map((record) => JSON.stringify(record)));
  const owner = 'key:alice';
  writer.rate({
    answerId: 'ans_november',
    owner,
    rating: 'down',
    comment: '不对\nsecond line',
    reasons: ['incorrect'],
  });
  writer.rate({ answerId: 'ans_december', owner, rating: 'up' });
  return {
    folder,
    records,
    writer,
    run: (...args: string[]) => runProgram(COMMAND, [...args, '--data', folder]),
  };
}

function linesOf(text: string): EvaluationCase[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as EvaluationCase);
}
