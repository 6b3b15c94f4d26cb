import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileOf, textOf } from './dashboard-files.ts';
import { DASHBOARDS } from './dashboards.ts';

for (const dashboard of DASHBOARDS) {
  const file = fileOf(dashboard);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await textOf(dashboard));
}
process.stdout.write(`${DASHBOARDS.length} dashboards written\n`);
