/** The folder rule of ARCHITECTURE.md: the request path points one way, and no folder reaches past its neighbours. */
const STAGES = 'guardrail|retrieval|prompt|generation';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'domain-imports-nothing',
      comment:
        'domain/ holds the types that flow between stages; the API types of OpenTelemetry are the one exception.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: '[.]test[.]ts$' },
      to: { pathNot: '^src/domain/|@opentelemetry/api' },
    },
    {
      name: 'stages-do-not-know-each-other',
      severity: 'error',
      from: { path: `^src/(${STAGES})/`, pathNot: '[.]test[.]ts$' },
      to: { path: `^src/(?!$1/)(${STAGES}|pipeline|http|answers|access|processes|web)/` },
    },
    {
      name: 'pipeline-does-not-know-http',
      severity: 'error',
      from: { path: '^src/pipeline/', pathNot: '[.]test[.]ts$' },
      to: { path: '^src/(http|access|answers|processes|web)/' },
    },
    {
      name: 'only-http-knows-hono',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(http/|alert-relay/|app\\.ts$)' },
      to: { path: 'node_modules/(hono|@hono)/' },
    },
    {
      name: 'only-generation-knows-the-upstream',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/generation/|[.]test[.]ts$' },
      to: { path: 'node_modules/(openai|undici)/' },
    },
    {
      name: 'only-stores-know-sqlite',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: '^src/(answers|access|retrieval|storage|evaluation|alert-relay/queue)/|[.]test[.]ts$',
      },
      to: { path: 'node_modules/better-sqlite3/' },
    },
    {
      name: 'telemetry-and-errors-are-below',
      severity: 'error',
      from: { path: '^src/(telemetry|errors|config|storage)/', pathNot: '[.]test[.]ts$' },
      to: { path: `^src/(${STAGES}|pipeline|http|answers|access|processes|web)/` },
    },
    {
      name: 'the-page-is-its-own-world',
      severity: 'error',
      from: { path: '^src/web/', pathNot: '[.]test[.]ts$' },
      to: { path: '^src/(?!web/|domain/)' },
    },
    {
      name: 'nobody-imports-the-page',
      severity: 'error',
      from: { path: '^src/(?!web/)' },
      to: { path: '^src/web/' },
    },
    {
      name: 'the-gateway-does-not-know-the-stack',
      comment:
        'stack/ runs other servers for development and tests; it may use what src/ has, never the other way.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^stack/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
