import { join } from 'node:path';
import { defineConfig } from 'vite';

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
  build: {
    outDir: join(import.meta.dirname, 'dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
