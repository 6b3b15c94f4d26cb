/**
 * The entry file in plain JavaScript, so that a Node too old for the rest can still read this much and say so.
 * Nothing is imported statically but what every Node has: better-sqlite3 crashes the process on Node 20.
 */
import module from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const OLDEST = [22, 18];
const root = join(import.meta.dirname ?? '.', '..');

/** Ends the process with one sentence before anything heavier is loaded. */
function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]) || !process.features.typescript) {
  refuse(
    `Glassgate needs Node ${OLDEST.join('.')} or newer and this is Node ${process.versions.node}: ` +
      'run "npm start", which brings its own Node, or node_modules/.bin/node src/start.mjs.',
  );
}
if (!existsSync(join(root, 'node_modules'))) {
  refuse('The packages are not installed: run "npm start", which installs them, or "npm ci".');
}

// Compiled code is kept between starts, workers included; where the folder cannot be written this does nothing.
module.enableCompileCache(join(root, 'node_modules/.cache/compile'));
await import('./main.ts');
