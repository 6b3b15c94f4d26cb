import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { failuresOf, floorsSchema } from './measuring/floors.ts';
import { CLASSIFIER_ALONE, GUARDS } from './measuring/guards.ts';
import { readLabelledLines } from './measuring/labelled-text.ts';
import { measureGroups, measureLatency, measureObfuscations } from './measuring/measure.ts';
import { tableOf, type Report } from './measuring/report.ts';

const LENGTHS = [500, 2000, 8000];
const HELD_OUT = fileURLToPath(new URL('held-out.jsonl', import.meta.url));
const FLOORS = new URL('floors.json', import.meta.url);

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'boolean', default: false },
  },
});
const lines = readLabelledLines(values.data ?? HELD_OUT);
const guard = GUARDS['+ classifier'] ?? CLASSIFIER_ALONE;
const isFolder = values.data !== undefined;
const report: Report = {
  lines: lines.length,
  groups: measureGroups(lines, guard),
  sources: measureGroups(lines, guard, ({ source, label, lang }) => `${source}, ${label}, ${lang}`),
  layers: {
    ...Object.fromEntries(Object.entries(GUARDS).map(([name, layer]) => [name, measureGroups(lines, layer)])),
    'classifier alone': measureGroups(lines, CLASSIFIER_ALONE),
  },
  obfuscations: measureObfuscations(isFolder ? readLabelledLines(HELD_OUT) : lines, guard),
  latency: measureLatency(lines, guard, LENGTHS),
};
process.stdout.write(`${tableOf(report, values.markdown)}\n`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);

// Floors are set for the sets of our own: a folder given by hand is measured, not judged.
const floors = floorsSchema.parse(JSON.parse(readFileSync(FLOORS, 'utf8')));
const failures = isFolder ? [] : failuresOf(report, floors);
for (const failure of failures) process.stdout.write(`NOT GOOD: ${failure}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
