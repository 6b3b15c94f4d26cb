import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const COMPRESSIBLE = /\.(?:html|js|css|svg)$/;

/** Writes `.br` and `.gz` beside each text file, so that serving the page costs no compression per request. */
function compressOutput(): Plugin {
  return {
    name: 'compress-output',
    apply: 'build',
    writeBundle({ dir = '' }) {
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSIBLE.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const content = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(content, brotliOptions(content.length)));
      }
    },
  };
}

function brotliOptions(sizeHint: number) {
  return {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: sizeHint },
  };
}

/**
 * The chat page: src/web → dist/web, `index.html` plus hashed files under `assets/`.
 * Nothing is inlined, so the page runs under a Content-Security-Policy without `unsafe-inline`.
 */
export default defineConfig({
  root: join(import.meta.dirname, 'src/web'),
  base: '/',
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [compressOutput()],
  build: {
    outDir: join(import.meta.dirname, 'dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
