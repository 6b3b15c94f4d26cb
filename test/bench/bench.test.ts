import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const BENCH = join(import.meta.dirname, '../../bench/run.ts');
/** About fifteen seconds on a quiet machine; what it measures is not looked at. */
const TIMEOUT_MS = 180_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-bench-test-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command to its end, with all that it writes in our folder. */
async function bench(...words: string[]): Promise<{ code: number; output: string; said: string }> {
  const child = spawn(process.execPath, [BENCH, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)));
  const [output, said, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, output, said };
}

/** First cells of the rows that have a number in every other cell that is not a dash. */
function rowsOf(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    const [, name, ...cells] = line.split('|').map((cell) => cell.trim());
    return name !== undefined && name !== '' && cells.slice(0, -1).some((cell) => /\d/.test(cell))
      ? [name]
      : [];
  });
}

/** Processes that know our folder by an argument or a variable. */
function processesOfFolder(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const [command, environment] = ['cmdline', 'environ'].map((file) =>
        readFileSync(`/proc/${pid}/${file}`),
      );
      return /^\d+$/.test(pid) && (command?.includes(folder) || environment?.includes(folder));
    } catch {
      return false;
    }
  });
}

describe('npm run bench -- --quick', () => {
  test(
    'measures everything once, prints every row, and leaves nothing running',
    async () => {
      const jsonFile = join(folder, 'result.json');
      const { code, output, said } = await bench('--quick', '--json', jsonFile);
      expect(said.match(/^bench: .*/gm)).toHaveLength(5);
      expect(code).toBe(0);
      expect(output).toContain('A quick run: it shows that the bench works');
      const gateways = [
        'Glassgate, telemetry off',
        'Glassgate, everything on',
        'Glassgate, everything on, Collector dead',
      ];
      const proxies = ['bare Node relay', ...gateways];
      const floors = [
        'answer, CPU against the bare relay',
        '33-chunk stream, CPU against the bare relay',
        'telemetry’s share of our own path, answer',
        'telemetry’s share of our own path, stream',
        'spans and log lines that never arrived',
      ];
      const withPlain = proxies.toSpliced(-1, 0, 'Glassgate, everything on, requests without retrieval');
      const rows = rowsOf(output).filter((name) => name !== 'nginx');
      expect(rows).toEqual([...withPlain, ...proxies, ...proxies, ...floors]);
      expect(output.match(/ \| (?:PASS|short) \| /g)).toHaveLength(floors.length);
      const { cost, lostTelemetry } = JSON.parse(readFileSync(jsonFile, 'utf8')) as {
        cost: { answer: Record<string, number[]> };
        lostTelemetry: object;
      };
      expect(lostTelemetry).toEqual({ spans: 0, logRecords: 0 });
      expect(readdirSync(folder)).toEqual(['result.json']);
      expect(processesOfFolder()).toEqual([]);
      for (const id of ['relay', 'off', 'on', 'plain', 'dead'])
        expect(cost.answer[id]?.[0]).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  test('says how it is used when it does not understand a word', async () => {
    const { code, output, said } = await bench('--slow');
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(said).toContain('Usage: npm run bench');
  });
});
