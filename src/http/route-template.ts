const FIXED = new Set(['/', '/v1/chat/completions', '/v1/models', '/v1/feedback']);

/** Template of a path of the public port: bounded, for span names and labels. `undefined` when there is nothing there. */
export function routeTemplate(path: string): string | undefined {
  if (FIXED.has(path)) return path;
  if (/^\/v1\/answers\/[^/]+$/.test(path)) return '/v1/answers/:id';
  return path.startsWith('/assets/') ? '/assets/*' : undefined;
}
