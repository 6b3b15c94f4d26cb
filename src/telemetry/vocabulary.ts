import { ERROR_CODES } from '../errors/codes.ts';
import { GUARD_METRICS } from './guard-metrics.ts';
import { RELAY_METRICS } from './relay-metrics.ts';
import * as semconv from './semconv.ts';

/** One instrument: what it measures and the closed set of values each label may take. */
export interface MetricDefinition {
  /** `observed`: a gauge read when metrics are collected. */
  readonly kind: 'counter' | 'histogram' | 'gauge' | 'up-down-counter' | 'observed';
  readonly unit: string;
  readonly description: string;
  /** Label keys; a list closes the values, `open` means bounded by configuration (models, upstreams), never by callers. */
  readonly labels: Readonly<Record<string, readonly string[] | 'open'>>;
  readonly buckets?: readonly number[];
}

const OUTCOMES = ['answered', 'blocked', 'failed', 'aborted'] as const;
const STAGES = [
  'input_guard',
  'retrieve',
  'context_guard',
  'assemble',
  'generate',
  'output_guard',
  'record',
] as const;
const STAGE_OUTCOMES = ['ok', 'blocked', 'failed', 'aborted'] as const;
const ERROR_TYPES = Object.keys(ERROR_CODES);
/** Milliseconds matter inside the gateway, seconds in the model. */
const SECONDS_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120,
];
const GEN_AI_LABELS = {
  [semconv.ATTR_GEN_AI_OPERATION_NAME]: ['chat'],
  [semconv.ATTR_GEN_AI_PROVIDER_NAME]: [semconv.PROVIDER_VLLM],
  [semconv.ATTR_GEN_AI_REQUEST_MODEL]: 'open',
} as const;
const GEN_AI_ERROR_LABELS = { ...GEN_AI_LABELS, [semconv.ATTR_ERROR_TYPE]: ERROR_TYPES } as const;

/** Every metric the gateway makes itself. Prometheus names follow from these (docs/en/telemetry/metrics.md). */
export const METRICS = {
  'http.server.request.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time from the request to the last byte of its answer, its error or its abandonment.',
    labels: {
      [semconv.ATTR_HTTP_REQUEST_METHOD]: [
        'GET',
        'HEAD',
        'POST',
        'PUT',
        'PATCH',
        'DELETE',
        'OPTIONS',
        '_OTHER',
      ],
      [semconv.ATTR_HTTP_ROUTE]: 'open',
      [semconv.ATTR_HTTP_RESPONSE_STATUS_CODE]: 'open',
      [semconv.ATTR_ERROR_TYPE]: ERROR_TYPES,
    },
    buckets: SECONDS_BUCKETS,
  },
  'http.server.active_requests': {
    kind: 'up-down-counter',
    unit: '{request}',
    description: 'Requests in progress.',
    labels: {},
  },
  'gen_ai.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time of the model call, retries included, until its last byte, failure or cancellation.',
    labels: GEN_AI_ERROR_LABELS,
    buckets: semconv.GEN_AI_DURATION_BUCKETS,
  },
  'gen_ai.client.operation.time_to_first_chunk': {
    kind: 'histogram',
    unit: 's',
    description: 'Time from the model call to its first content chunk; streams only.',
    labels: GEN_AI_LABELS,
    buckets: semconv.GEN_AI_DURATION_BUCKETS,
  },
  'gen_ai.client.operation.time_per_output_chunk': {
    kind: 'histogram',
    unit: 's',
    description: 'Mean time between content chunks of one stream: (last - first) / (chunks - 1).',
    labels: GEN_AI_LABELS,
    buckets: semconv.GEN_AI_DURATION_BUCKETS,
  },
  'gen_ai.client.token.usage': {
    kind: 'histogram',
    unit: '{token}',
    description:
      'Tokens of one model call as the upstream reported them; nothing is recorded when it reported none.',
    labels: { ...GEN_AI_LABELS, [semconv.ATTR_GEN_AI_TOKEN_TYPE]: ['input', 'output'] },
    buckets: semconv.GEN_AI_TOKEN_BUCKETS,
  },
  'glassgate.answers': {
    kind: 'counter',
    unit: '{answer}',
    description: 'Chat requests that reached the path, by how they ended.',
    labels: {
      'glassgate.outcome': OUTCOMES,
      'glassgate.stream': ['true', 'false'],
      [semconv.ATTR_GEN_AI_REQUEST_MODEL]: 'open',
    },
  },
  'glassgate.stage.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time of one step of the request path.',
    labels: { 'glassgate.stage': STAGES, 'glassgate.stage.outcome': STAGE_OUTCOMES },
    buckets: SECONDS_BUCKETS,
  },
  'glassgate.gateway.overhead': {
    kind: 'histogram',
    unit: 's',
    description: 'Request time minus the time spent in the upstream: what the gateway itself costs.',
    labels: { 'glassgate.outcome': OUTCOMES },
    buckets: SECONDS_BUCKETS,
  },
  ...GUARD_METRICS,
  'glassgate.retrieval.passages': {
    kind: 'histogram',
    unit: '{passage}',
    description: 'Passages found for one question.',
    labels: { 'glassgate.retrieval.outcome': ['found', 'empty', 'degraded'] },
    buckets: [0, 1, 2, 4, 8, 16, 32, 64],
  },
  'glassgate.requests.rejected': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests refused before any work, by reason.',
    labels: { 'glassgate.reason': ['queue_full', 'queue_timeout', 'shutting_down', 'rate_limited'] },
  },
  'glassgate.requests.waiting': {
    kind: 'up-down-counter',
    unit: '{request}',
    description: 'Requests waiting for a place in this worker.',
    labels: {},
  },
  'glassgate.rate_limit.unchecked': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests let through because the shared limiter did not answer in time.',
    labels: {},
  },
  'glassgate.upstream.attempts': {
    kind: 'counter',
    unit: '{attempt}',
    description: 'Calls to the upstream, retries counted one by one, by how each ended.',
    labels: { 'glassgate.upstream.outcome': ['ok', 'aborted', ...ERROR_TYPES] },
  },
  'glassgate.upstream.up': {
    kind: 'gauge',
    unit: '1',
    description: '1 when the last look at the upstream succeeded, 0 when it failed.',
    labels: {},
  },
  'glassgate.upstream.usage_missing': {
    kind: 'counter',
    unit: '{answer}',
    description: 'Complete answers for which the upstream reported no token usage.',
    labels: {},
  },
  'glassgate.answers.recorded': {
    kind: 'counter',
    unit: '{answer}',
    description: 'Answer records written to SQLite.',
    labels: {},
  },
  'glassgate.answers.not_recorded': {
    kind: 'counter',
    unit: '{answer}',
    description: 'Answer records that were lost, by reason.',
    labels: { 'glassgate.reason': ['queue_full', 'write_failed', 'shutdown'] },
  },
  'glassgate.answers.queued': {
    kind: 'observed',
    unit: '{answer}',
    description: 'Answer records waiting to be written.',
    labels: {},
  },
  'glassgate.feedback.ratings': {
    kind: 'counter',
    unit: '{rating}',
    description: 'Changes of feedback: a thumb given, changed or withdrawn.',
    labels: { 'glassgate.feedback.rating': ['up', 'down', 'withdrawn'] },
  },
  ...RELAY_METRICS,
  'glassgate.log.dropped': {
    kind: 'counter',
    unit: '{event}',
    description: 'Log lines that could not be written to standard output.',
    labels: {},
  },
  'glassgate.worker.starts': {
    kind: 'counter',
    unit: '{start}',
    description: 'Starts of child processes by the primary, by why.',
    labels: {
      'glassgate.process': ['worker', 'embedded_model'],
      'glassgate.reason': ['first', 'crash', 'reload'],
    },
  },
  'glassgate.workers.ready': {
    kind: 'gauge',
    unit: '{worker}',
    description: 'Workers that are ready to answer.',
    labels: {},
  },
} as const satisfies Record<string, MetricDefinition>;

/** Name of a metric of ours. */
export type MetricName = keyof typeof METRICS;

/** Metrics that the SDK and its runtime instrumentation add; let through as they are, nothing else is. */
export const FOREIGN_METRIC_PREFIXES = ['otel.sdk.', 'nodejs.eventloop.', 'v8js.', 'target_info'] as const;

/** Span attributes of ours, beside those in `semconv.ts`. */
export const ATTRIBUTES = {
  ANSWER_ID: 'glassgate.answer.id',
  REQUEST_ID: 'glassgate.request.id',
  PRINCIPAL_KIND: 'glassgate.principal.kind',
  OUTCOME: 'glassgate.outcome',
  ERROR_CODE: 'glassgate.error.code',
  RETRIEVAL_DEGRADED: 'glassgate.retrieval.degraded',
  RETRIEVAL_COUNT: 'glassgate.retrieval.count',
  PASSAGE_ID: 'glassgate.passage.id',
  PASSAGES_DROPPED: 'glassgate.guardrail.passages_dropped',
  GUARDRAIL_VIEW: 'glassgate.guardrail.view',
  GUARDRAIL_TRUNCATED: 'glassgate.guardrail.truncated',
  GUARDRAIL_SHADOW: 'glassgate.guardrail.shadow',
  PROMPT_VERSION: 'glassgate.prompt.version',
  PROMPT_PASSAGES: 'glassgate.prompt.passages',
  PROMPT_TOKENS_ESTIMATED: 'glassgate.prompt.tokens_estimated',
  UPSTREAM_ATTEMPTS: 'glassgate.upstream.attempts',
} as const;

/** Span names: fixed, or a fixed word and one bounded value. */
export const SPANS = {
  INPUT_GUARD: 'apply_guardrail input',
  CONTEXT_GUARD: 'apply_guardrail context',
  OUTPUT_GUARD: 'apply_guardrail output',
  MODERATION: 'apply_guardrail moderation',
  RETRIEVAL: 'retrieval',
  ASSEMBLE: 'assemble_prompt',
  CHAT: 'chat',
} as const;

/** Log events: the `event` of a line and what makes it happen. Values go in attributes, never into the name. */
export const LOG_EVENTS = {
  'request.completed': 'A request ended: with which status, outcome and duration.',
  'guardrail.blocked': 'A guard stopped a question, a passage or an answer.',
  'guardrail.shadow_blocked': 'A guard that only watches would have stopped something.',
  'moderation.unavailable': 'The moderation service is not asked for a while: it failed again and again.',
  'moderation.available': 'The moderation service is asked again.',
  'retrieval.degraded': 'Retrieval failed and the answer went on without passages.',
  'upstream.retried': 'A call to the upstream failed and is tried again.',
  'upstream.failed':
    'One attempt to call the upstream failed; `upstream.retried` follows when there is another.',
  'upstream.unreachable': 'The upstream stopped answering the look at its models.',
  'upstream.reachable': 'The upstream answers again.',
  'answers.not_recorded': 'Answer records were lost.',
  'feedback.received': 'Feedback was stored.',
  'request.failed': 'A fault of the gateway itself: the only event with an exception.',
  'rate_limit.unchecked': 'The shared limiter did not answer; requests went on unchecked.',
  'server.listening': 'A process accepts connections.',
  'server.draining': 'A process stopped accepting and waits for open answers.',
  'server.stopped': 'A process ended its work.',
  'config.rejected': 'A changed configuration has faults; the old one stays.',
  'config.reloaded': 'A changed configuration is in force.',
  'worker.started': 'The primary started a child process.',
  'worker.exited': 'A child process ended.',
  'corpus.ingested': 'A folder was read into the index.',
  'corpus.quarantined': 'A passage was quarantined when its document was read in.',
  'answers.pruned': 'Answers past their retention were deleted.',
  'relay.webhook_refused': 'The alert relay refused a webhook; nothing was sent for it.',
  'relay.message_sent': 'DingTalk took a message.',
  'relay.message_failed': 'DingTalk did not take a message.',
  'relay.webhooks_dropped': 'Accepted webhooks were given up; mail is what is left of them.',
  'relay.storage_failed': 'The queue of the alert relay could not be read or written.',
  'telemetry.failed': 'Telemetry could not be exported.',
  [semconv.EVENT_GEN_AI_EVALUATION_RESULT]: 'A thumb, in the context of the chat span it judges.',
} as const;

/** Name of a log event. */
export type LogEvent = keyof typeof LOG_EVENTS;
