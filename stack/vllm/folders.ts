import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_MODEL, localModelPaths } from '../../src/local-model/model-files.mjs';

/** Where the parts of vLLM lie in the user's cache, shared by all clones; the pins are in the names. */
export interface VllmFolders {
  readonly root: string;
  /** The tool that fetches the packages. */
  readonly fetcher: string;
  /** Python with vLLM and all it needs. */
  readonly packages: string;
  /** What was fetched, kept until the packages are complete, so that a broken run goes on where it was. */
  readonly fetched: string;
  readonly wheel: string;
  /** The model as it is published; the same file that `npm run add-local-model` fetches. */
  readonly weights: string;
  /** The model as vLLM reads it. */
  readonly model: string;
}

/** Name under which the model answers. */
export const VLLM_MODEL = LOCAL_MODEL.id;

const HERE = import.meta.dirname;

/** Names all folders; each pin that changes gives a new one, and nothing of the old state is used. */
export function vllmFolders(environment: NodeJS.ProcessEnv = process.env): VllmFolders {
  const base = environment['XDG_CACHE_HOME'];
  const cache = base === undefined || base === '' ? join(homedir(), '.cache') : base;
  const root = join(cache, 'glassgate', 'vllm');
  const machine = `${process.platform}-${process.arch}`;
  const packages = keyOf(machine, fileText('requirements.txt'));
  return {
    root,
    fetcher: join(root, `fetcher-${keyOf(machine, fileText('tools.txt'))}`),
    packages: join(root, `packages-${packages}`),
    fetched: join(root, `fetched-${packages}`),
    wheel: join(root, 'wheel'),
    weights: localModelPaths(environment).weights,
    model: join(root, `model-${keyOf(packages, fileText('convert.py'), LOCAL_MODEL.weightsSha256)}`),
  };
}

/** The Python that runs vLLM. */
export function pythonOf(folder: string): string {
  return join(folder, 'bin', 'python');
}

/** The text of a file beside this one. */
function fileText(name: string): string {
  return readFileSync(join(HERE, name), 'utf8');
}

function keyOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}
