import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from '../config/load.ts';
import { Secret } from '../config/secret.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'GLASSGATE_RELAY_';
const HOUR_MS = 3_600_000;

const integer = (minimum: number, maximum: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z.number().int().min(minimum).max(maximum),
  );
const secret = (minimum: number) =>
  z
    .string()
    .min(minimum)
    .transform((value) => new Secret(value));
/** The base of links; anything after the path would end up in their middle. */
const baseUrl = z
  .url({ protocol: /^https?$/ })
  .refine((value) => /^[^?#@]*$/.test(value), 'must be scheme, host, port and path only')
  .transform((value) => value.replace(/\/+$/, ''))
  .optional();
const robotUrl = z
  .url({ protocol: /^https?$/ })
  .refine((value) => URL.parse(value)?.searchParams.has('access_token'), 'must hold an access_token')
  .transform((value) => new Secret(value));

const settingsSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address of the relay’s port.'),
  port: integer(0, 65_535).default(8082).describe('Port of webhook, health and metrics.'),
  token: secret(16).describe('Bearer token Alertmanager must send.'),
  dingtalk_url: robotUrl.describe('Webhook of the robot, with its access_token.'),
  dingtalk_secret: secret(1)
    .optional()
    .describe('Signing secret of the robot; without it nothing is signed.'),
  keyword: z.string().max(50).default('').describe('Word that the robot demands in every message.'),
  language: z.enum(['zh', 'en']).default('zh').describe('Language of the messages.'),
  time_zone: z
    .string()
    .refine(isTimeZone, 'must be the name of a time zone, such as Asia/Shanghai')
    .default(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
    .describe('Zone of the times in messages; default: that of the machine.'),
  mention_mobiles: z
    .string()
    .transform((words) => words.split(',').map((word) => word.trim()))
    .pipe(
      z.array(z.string().regex(/^\+?[\d-]{5,20}$/, 'must be phone numbers with commas between them')).max(20),
    )
    .default([])
    .describe('Phone numbers of those who are mentioned in messages of severity page.'),
  mention_all: z
    .enum(['true', 'false'])
    .default('false')
    .transform((word) => word === 'true')
    .describe('Mention everybody of the group in messages of severity page.'),
  grafana_url: baseUrl.describe('Base of links to dashboards.'),
  prometheus_url: baseUrl.describe(
    'Base of links to queries; default: Explore of Grafana, or what Prometheus calls itself.',
  ),
  alertmanager_url: baseUrl.describe('Base of links to silences; default: what Alertmanager calls itself.'),
  handbook_url: baseUrl.describe('Base of links to runbooks.'),
  messages_per_minute: integer(1, 20)
    .default(18)
    .describe('Most messages in any 60 seconds; the robot takes 20.'),
  request_timeout_ms: integer(1, HOUR_MS).default(10_000).describe('Longest wait for a reply of DingTalk.'),
  retry_min_ms: integer(1, HOUR_MS)
    .default(1000)
    .describe('Pause after the first failure; it doubles each time.'),
  retry_max_ms: integer(1, HOUR_MS).default(60_000).describe('Longest pause between two tries.'),
  max_refusals: integer(1, 100)
    .default(5)
    .describe('Tries of a message that DingTalk refuses with an unknown code.'),
  max_age_ms: integer(1, 7 * 24 * HOUR_MS)
    .default(6 * HOUR_MS)
    .describe('Age at which a message is given up.'),
  repeat_window_ms: integer(0, 24 * HOUR_MS)
    .default(HOUR_MS)
    .describe('Time in which the same news of a group is sent once.'),
  folder: z.string().min(1).default('data/alert-relay').describe('Folder of the queue.'),
  queue_limit: integer(1, 1_000_000).default(10_000).describe('Webhooks that may wait.'),
  log_level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe log line that is written.'),
});

/** The checked settings of the alert relay. */
export type RelaySettings = Readonly<z.output<typeof settingsSchema>>;

const SECRETS = new Set(['token', 'dingtalk_url', 'dingtalk_secret']);

/** Names of all environment variables that the relay reads. */
export const RELAY_VARIABLES: readonly string[] = Object.keys(settingsSchema.shape).flatMap((name) => {
  const variable = `${PREFIX}${name.toUpperCase()}`;
  return SECRETS.has(name) ? [variable, `${variable}_FILE`] : [variable];
});

/** Reads `GLASSGATE_RELAY_…`, checks all of it, and throws one `ConfigError` naming every fault; values are never quoted. */
export function loadRelaySettings(environment: Environment = process.env): RelaySettings {
  const faults: string[] = [];
  const values: Record<string, string> = {};
  for (const [key, value] of Object.entries(environment)) {
    // Empty counts as not set: that is how container files leave a variable out.
    if (key.startsWith(PREFIX) && value !== undefined && value !== '') {
      applyVariable(values, [key, value], environment, faults);
    }
  }
  const parsed = settingsSchema.safeParse(values);
  if (!parsed.success) {
    const unreadable = new Set(faults.map((fault) => fault.split(':', 1)[0]?.replace(/_FILE$/, '')));
    faults.push(
      ...parsed.error.issues.map(describeIssue).filter((fault) => !unreadable.has(fault.split(':')[0])),
    );
  }
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
  return Object.freeze(parsed.data);
}

function applyVariable(
  values: Record<string, string>,
  [key, value]: [string, string],
  environment: Environment,
  faults: string[],
): void {
  const words = key.slice(PREFIX.length).toLowerCase();
  const name = words.replace(/_file$/, '');
  if (name !== words && SECRETS.has(name)) {
    const direct = `${PREFIX}${name.toUpperCase()}`;
    if ((environment[direct] ?? '') === '') readSecret(values, name, [key, value], faults);
    else faults.push(`${key}: set either this or ${direct}`);
  } else if (Object.hasOwn(settingsSchema.shape, words)) values[words] = value;
  else faults.push(`${key}: unknown setting`);
}

function readSecret(
  values: Record<string, string>,
  name: string,
  [key, path]: [string, string],
  faults: string[],
): void {
  try {
    const content = readFileSync(path, 'utf8').trim();
    if (content === '') faults.push(`${key}: the file is empty`);
    else values[name] = content;
  } catch {
    faults.push(`${key}: the file cannot be read`);
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const key = `${PREFIX}${String(issue.path[0]).toUpperCase()}`;
  return `${key}: ${issue.code === 'invalid_type' && issue.input === undefined ? 'must be set' : issue.message}`;
}

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
