import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, USAGE, type BenchOptions } from './options.ts';
import { FULL_PLAN, QUICK_PLAN } from './plan.ts';
import { describeSetting } from './report/describe-setting.ts';
import { putBetweenMarks } from './report/markdown.ts';
import { renderReport } from './report/render-report.ts';
import { startFleet } from './targets/start-fleet.ts';
import { runWorkloads, type BenchResult } from './workloads/run-workloads.ts';

const README = join(import.meta.dirname, '../README.md');

let options: BenchOptions;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exit(2);
}
await bench(options);

async function bench({ quick, jsonFile, markdown }: BenchOptions): Promise<void> {
  const plan = quick ? QUICK_PLAN : FULL_PLAN;
  const setting = [
    ...describeSetting(new Date()),
    ...(quick ? ['A quick run: it shows that the bench works, not what the gateway costs.'] : []),
  ];
  // Found out now and not after minutes.
  if (markdown) putBetweenMarks(readFileSync(README, 'utf8'), '');
  const result = await withFleet((fleet) => runWorkloads(fleet, plan, report));
  const tables = renderReport(result, setting);
  process.stdout.write(`${tables}\n`);
  if (jsonFile !== undefined) writeFileSync(jsonFile, toJson({ setting, plan, ...result }));
  if (markdown) writeFileSync(README, putBetweenMarks(readFileSync(README, 'utf8'), tables));
}

/** Starts everything in a folder of its own and leaves nothing behind, whatever happens. */
async function withFleet(
  work: (fleet: Awaited<ReturnType<typeof startFleet>>) => Promise<BenchResult>,
): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-bench-'));
  try {
    report('starting the gateways');
    const fleet = await startFleet(folder);
    const stopEarly = () => void fleet.stop().finally(() => process.exit(130));
    process.once('SIGINT', stopEarly).once('SIGTERM', stopEarly);
    try {
      return await work(fleet);
    } finally {
      process.off('SIGINT', stopEarly).off('SIGTERM', stopEarly);
      await fleet.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(sentence: string): void {
  process.stderr.write(`bench: ${sentence}\n`);
}

function toJson(value: object): string {
  const plain = (_key: string, item: unknown): unknown =>
    item instanceof Map ? Object.fromEntries(item) : item;
  return `${JSON.stringify(value, plain, 2)}\n`;
}
