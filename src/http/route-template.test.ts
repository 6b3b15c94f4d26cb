import fc from 'fast-check';
import { expect, test } from 'vitest';
import { routeTemplate } from './route-template.ts';

const TEMPLATES = [
  '/',
  '/v1/chat/completions',
  '/v1/models',
  '/v1/feedback',
  '/v1/answers/:id',
  '/assets/*',
  undefined,
];

test.each([
  ['/', '/'],
  ['/v1/chat/completions', '/v1/chat/completions'],
  ['/v1/models', '/v1/models'],
  ['/v1/feedback', '/v1/feedback'],
  ['/v1/answers/ans_1', '/v1/answers/:id'],
  ['/v1/answers/%2e%2e', '/v1/answers/:id'],
  ['/assets/index-abc.js', '/assets/*'],
  ['/assets/', '/assets/*'],
  ['/v1/answers/', undefined],
  ['/v1/answers/a/b', undefined],
  ['/v1/answers', undefined],
  ['/v1/chat/completions/', undefined],
  ['/v1', undefined],
  ['/metrics', undefined],
  ['/assets', undefined],
  ['', undefined],
  ['//', undefined],
])('%s is %s', (path, template) => {
  expect(routeTemplate(path)).toBe(template);
});

test('no path makes a template of its own', () => {
  const part = fc.oneof(
    fc.constantFrom('v1', 'answers', 'assets', 'chat', 'models', '..', ''),
    fc.webSegment(),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      expect(TEMPLATES).toContain(routeTemplate(`/${parts.join('/')}`));
    }),
    { numRuns: 200 },
  );
});
