/**
 * Adds to package-lock.json the optional packages of other platforms that the registry in use does not serve.
 * npm leaves them out when it writes the file, and `npm ci` then refuses it everywhere. Run after every change of
 * packages, with Node 24: `npm install --package-lock-only && node scripts/complete-lock.mjs`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const PLATFORM =
  /(android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|aix|win32)-?(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el)?/;
const file = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
let added = 0;
for (const parent of Object.values({ ...lock.packages })) {
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const [, os, cpu] = PLATFORM.exec(name) ?? [];
    if (lock.packages[path] !== undefined || os === undefined || !/^\d/.test(range)) continue;
    lock.packages[path] = { version: range, optional: true, ...(cpu ? { cpu: [cpu] } : {}), os: [os] };
    if (parent.dev) lock.packages[path].dev = true;
    added += 1;
  }
}
const entries = Object.entries(lock.packages).sort(([left], [right]) => left.localeCompare(right, 'en'));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`);
console.log(`${added} packages of other platforms added`);
