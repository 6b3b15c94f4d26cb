import { CONFIG_SECTIONS, configSchema, type Config } from './schema.ts';

const VISITORS = {
  key: 'nobody, unless the public port is on loopback',
  anonymous: 'everybody',
  forwarded: 'users whom a trusted front names in a header',
} as const;

/** What a gateway with this configuration would do, then each setting that differs from its default. */
export function describeConfig(config: Config): string {
  const changed = changedSettings(config);
  return [
    'The configuration is sound. Glassgate would',
    ...sentences(config).map((sentence) => `  - ${sentence}`),
    '',
    changed.length === 0 ? 'Every setting has its default.' : 'Settings that differ from their default:',
    ...changed.map((setting) => `  ${setting}`),
    '',
  ].join('\n');
}

function sentences({ server, auth, upstream, storage, telemetry }: Config): string[] {
  const isKept = `keep answers and feedback ${storage.retention_days} days in the folder "${storage.folder}"`;
  return [
    `answer on ${server.host}:${server.port} with ${server.workers} worker process(es)`,
    `serve health and metrics on ${server.management_host}:${server.management_port}`,
    upstream.url === undefined
      ? `ask the embedded model (${upstream.embedded_model})`
      : `ask the model server at ${upstream.url}${upstream.api_key === undefined ? '' : ' with an API key'}`,
    `take requests without an API key from: ${VISITORS[auth.visitors]}`,
    isKept,
    `${telemetry.capture_content ? 'put' : 'not put'} questions and answers into telemetry, log from level ${telemetry.log_level}`,
    `end open answers within ${server.drain_timeout_ms} ms after SIGTERM`,
  ];
}

function changedSettings(config: Config): string[] {
  const defaults = configSchema.parse({});
  return (Object.keys(CONFIG_SECTIONS) as (keyof Config)[]).flatMap((section) => {
    const before = new Map<string, unknown>(Object.entries(defaults[section]));
    // Secrets print as a mask.
    return Object.entries(config[section])
      .map(([name, value]: [string, unknown]) => ({ name, now: JSON.stringify(value) }))
      .filter(({ name, now }) => now !== undefined && now !== JSON.stringify(before.get(name)))
      .map(({ name, now }) => `${section}.${name} = ${now}`);
  });
}
