/**
 * Runs before `npm start` and `npm test` and makes a fresh clone ready: packages as the lock file says, Node 24 among
 * them, and with `--page` the chat page. Does nothing when all is as it should be. Plain JavaScript: it must run on
 * the oldest Node that anybody starts with.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const inRoot = (...path) => join(root, ...path);
const NODE = inRoot('node_modules/node/bin/node');
const PAGE_SOURCES = ['src/web', 'vite.config.ts', 'package-lock.json'];
const PAGE_STAMP = inRoot('dist/web/.built');
const TRIES = 3;

if (!isInstalled()) step('installing the packages of package-lock.json', install);
if (process.argv.includes('--page')) {
  const hash = hashOf(PAGE_SOURCES);
  if (!existsSync(PAGE_STAMP) || readFileSync(PAGE_STAMP, 'utf8') !== hash) {
    step('building the chat page', () => buildPage(hash));
  }
}

/** npm leaves a copy of the lock file of what it installed: each package must be there in the version and with the hash wanted. */
function isInstalled() {
  const installed = packagesOf('node_modules/.package-lock.json');
  if (installed === undefined || !existsSync(NODE)) return false;
  return Object.entries(packagesOf('package-lock.json') ?? {}).every(([path, wanted]) => {
    const found = installed[path];
    // Optional packages of other platforms are not installed here.
    if (path === '' || found === undefined) return path === '' || wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

function packagesOf(file) {
  return existsSync(inRoot(file)) ? JSON.parse(readFileSync(inRoot(file), 'utf8')).packages : undefined;
}

/**
 * Without install scripts: npm 10 would compile better-sqlite3, which carries its binaries, and fail where there is no
 * compiler or Python. The one script that is needed puts Node 24 in place, and `npm rebuild` runs it alone.
 */
function install() {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    // Level error: Node 20 would warn of every package that needs the newer Node which is about to be installed.
    if (npm('ci', '--ignore-scripts', '--loglevel=error') && npm('rebuild', 'node', '--loglevel=error')) {
      if (isInstalled()) return;
    }
    console.error(`prepare: that failed (try ${attempt} of ${TRIES})`);
  }
  fail('the packages could not be installed; what npm said is above');
}

function buildPage(hash) {
  if (!run(NODE, [inRoot('node_modules/vite/bin/vite.js'), 'build']))
    fail('the chat page could not be built');
  mkdirSync(dirname(PAGE_STAMP), { recursive: true });
  writeFileSync(PAGE_STAMP, hash);
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesOf))
    hash
      .update(`${path}\0`)
      .update(readFileSync(inRoot(path)))
      .update('\0');
  return hash.digest('hex');
}

function filesOf(path) {
  if (!existsSync(inRoot(path))) return [];
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(inRoot(path), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesOf(`${path}/${entry.name}`) : [`${path}/${entry.name}`]));
}

function npm(...args) {
  // By name and through a shell on Windows, where npm is a script.
  return run('npm', args, { shell: process.platform === 'win32' });
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options }).status === 0;
}

function step(what, work) {
  const startedAt = Date.now();
  console.error(`prepare: ${what} ...`);
  work();
  console.error(`prepare: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}

function fail(why) {
  console.error(`prepare: ${why}`);
  process.exit(1);
}
