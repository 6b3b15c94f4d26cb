import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { Secret } from './secret.ts';

/** A whole number given as a number (YAML) or as digits (environment). */
const integer = (minimum: number, maximum: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z.number().int().min(minimum).max(maximum),
  );
const port = integer(0, 65_535);
const milliseconds = (maximum = 3_600_000) => integer(1, maximum);
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')], {
  error: 'must be true or false',
});
const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));
/** Clients of OpenAI are given URLs that end in `/v1`: that is taken here, too. */
const httpUrl = z
  .url({ protocol: /^https?$/ })
  .refine(isPlain, 'must be scheme, host, port and path only: a key goes into api_key')
  .transform((value) => value.replace(/\/+$/, '').replace(/\/v1$/, ''));
const list = z
  .union([z.array(z.string()), z.string().transform((words) => words.split(','))], {
    error: 'must be a list of words, or words with commas between them',
  })
  .transform((words) => words.map((word) => word.trim()).filter((word) => word !== ''));

/** A URL is shown in many places, so it must hold no secret; and what comes after the path would end up in its middle. */
function isPlain(value: string): boolean {
  const url = URL.parse(value);
  return url === null || `${url.username}${url.password}${url.search}${url.hash}` === '';
}

const server = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address of the public port.'),
  port: port.default(8080).describe('Public port: the API and the chat page.'),
  management_host: z.string().min(1).default('127.0.0.1').describe('Address of the management port.'),
  management_port: port.default(9464).describe('Management port: /metrics, /livez, /readyz.'),
  workers: integer(1, 256).default(availableParallelism()).describe('Worker processes; default: the cores.'),
  max_concurrency: integer(1, 100_000).default(256).describe('Answers in progress per worker.'),
  max_queue: integer(0, 100_000)
    .default(64)
    .describe('Requests that may wait per worker when all places are taken.'),
  queue_timeout_ms: milliseconds().default(1000).describe('Longest wait in that queue before 503.'),
  body_limit_bytes: integer(1024, 1 << 30)
    .default(8 << 20)
    .describe('Largest request body.'),
  body_timeout_ms: milliseconds().default(10_000).describe('Time in which a request body must arrive.'),
  drain_timeout_ms: milliseconds().default(30_000).describe('Time open answers get to end after SIGTERM.'),
});

const auth = z.strictObject({
  visitors: z
    .enum(['key', 'anonymous', 'forwarded'])
    .default('key')
    .describe('Who may ask without a key when the public port is not on loopback.'),
  forwarded_header: z
    .string()
    .default('x-forwarded-user')
    .describe('Header in which a trusted front names the user.'),
  instance_secret: secret
    .optional()
    .describe('Signs sessions and answer ids; default: made once, kept in the data folder.'),
  requests_per_minute: integer(0, 1_000_000)
    .default(600)
    .describe('Requests per minute of one key; 0: no limit.'),
  visitor_requests_per_minute: integer(0, 1_000_000)
    .default(30)
    .describe('The same for one visitor off loopback.'),
});

const upstream = z.strictObject({
  url: httpUrl
    .optional()
    .describe(
      'Base URL of vLLM or another OpenAI-compatible server, without /v1; default: the embedded model.',
    ),
  api_key: secret.optional().describe('Sent to the upstream as bearer token.'),
  models: list.default([]).describe('Models offered to callers; default: what the upstream lists.'),
  embedded_model: z
    .enum(['extractive', 'local'])
    .default('extractive')
    .describe('Which embedded model answers when no URL is set.'),
  connect_timeout_ms: milliseconds().default(5000).describe('Longest wait for a connection.'),
  first_byte_timeout_ms: milliseconds()
    .default(120_000)
    .describe('Longest wait for the first byte of an answer.'),
  between_bytes_timeout_ms: milliseconds().default(60_000).describe('Longest silence inside an answer.'),
  total_timeout_ms: milliseconds(86_400_000)
    .default(900_000)
    .describe('Longest time of one answer, retries included.'),
  max_retries: integer(0, 10).default(2).describe('Further tries before the first content byte.'),
  max_connections: integer(1, 100_000).default(512).describe('Connections per worker to the upstream.'),
});

const retrieval = z.strictObject({
  collection: z.string().min(1).default('handbook').describe('Collection asked when a request names none.'),
  passages: integer(1, 50).default(4).describe('Passages put before the model.'),
});

const guardMode = z.enum(['enforce', 'shadow', 'off']).default('enforce');

const guardrail = z.strictObject({
  mode_input: guardMode.describe('What the guard on questions may do: enforce, shadow (only tell) or off.'),
  mode_context: guardMode.describe('The same for the guard on retrieved passages.'),
  mode_output: guardMode.describe('The same for the guard on answers.'),
  output_redact: list
    .pipe(z.array(z.enum(['secrets', 'pii', 'links'])))
    .default(['secrets', 'pii', 'links'])
    .describe('What is taken out of answers: secrets, pii (numbers of persons and cards), links.'),
  link_hosts: list
    .pipe(
      z.array(
        z
          .string()
          .max(40)
          .regex(/^\.?[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i, 'must be host names'),
      ),
    )
    .default([])
    .describe('Hosts to which answers may link; .example.com means every host below it.'),
  moderation_url: httpUrl
    .optional()
    .describe('Base URL of an OpenAI-compatible moderation service, without /v1; default: none is asked.'),
  moderation_api: z
    .enum(['moderations', 'chat'])
    .default('moderations')
    .describe('How it is asked: /v1/moderations, or a chat model that answers safe or unsafe.'),
  moderation_model: z.string().min(1).optional().describe('Model named to the moderation service.'),
  moderation_api_key: secret.optional().describe('Sent to the moderation service as bearer token.'),
  moderation_mode: z
    .enum(['enforce', 'shadow'])
    .default('enforce')
    .describe('Whether its blocks stop questions, or are only counted.'),
  moderation_timeout_ms: milliseconds(60_000).default(300).describe('Longest wait for its verdict.'),
  moderation_failure: z
    .enum(['open', 'closed'])
    .default('open')
    .describe(
      'Without its verdict: our own guards decide alone (open), or the question is refused (closed).',
    ),
});

const prompt = z.strictObject({
  context_tokens: integer(64, 1_000_000).default(1500).describe('Token budget of the retrieved passages.'),
  datamark: z
    .enum(['none', 'lines'])
    .default('lines')
    .describe('Mark each line of a passage with a code of the request (lines), or not (none).'),
  max_tokens: integer(256, 10_000_000)
    .default(131_072)
    .describe('Estimated prompt size past which a request is refused.'),
});

const storage = z.strictObject({
  folder: z.string().min(1).default('data').describe('Folder of the SQLite files.'),
  queue_limit: integer(1, 1_000_000)
    .default(5000)
    .describe('Answers per worker that may wait to be written.'),
  retention_days: integer(1, 36_500).default(90).describe('Age at which answers and feedback are deleted.'),
});

const telemetry = z.strictObject({
  capture_content: flag.default(false).describe('Put questions, answers and passages into telemetry too.'),
  trace_url: z
    .string()
    .includes('{trace_id}')
    .optional()
    .describe('Link to a trace, with {trace_id} in it; shown in the chat page.'),
  log_level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe log line that is written.'),
});

/** Every section of the configuration; `GLASSGATE_<SECTION>_<NAME>` in the environment, `section.name` in the file. */
export const CONFIG_SECTIONS = { server, auth, upstream, retrieval, guardrail, prompt, storage, telemetry };

/** The whole configuration; unknown keys are faults. */
export const configSchema = z.strictObject({
  server: server.prefault({}),
  auth: auth.prefault({}),
  upstream: upstream.prefault({}),
  retrieval: retrieval.prefault({}),
  guardrail: guardrail.prefault({}),
  prompt: prompt.prefault({}),
  storage: storage.prefault({}),
  telemetry: telemetry.prefault({}),
});

/** The checked configuration with real types. */
export type Config = Readonly<z.output<typeof configSchema>>;
