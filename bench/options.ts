import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface BenchOptions {
  /** About 40 seconds with a few requests of everything: a test of the bench, not of the gateway. */
  readonly quick: boolean;
  /** Every single measurement as JSON. */
  readonly jsonFile: string | undefined;
  /** Put the tables into the README, between its marks. */
  readonly markdown: boolean;
}

/** How the command is used. */
export const USAGE = `Usage: npm run bench -- [--quick] [--json FILE] [--markdown]

Measures what a request costs through Glassgate, beside a bare Node relay and nginx, in one run on this machine.
  --quick      a short run that shows only that the bench works
  --json FILE  write every single measurement
  --markdown   put the tables into README.md as well`;

/** Reads the command line; throws with a sentence about what it does not know. */
export function parseOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: { quick: { type: 'boolean' }, json: { type: 'string' }, markdown: { type: 'boolean' } },
  });
  return { quick: values.quick ?? false, jsonFile: values.json, markdown: values.markdown ?? false };
}
