import { frame } from './dashboard-frame.ts';
import { WARNINGS_AND_ERRORS } from './links.ts';
import { graph, heatmap, logLines, number } from './panels.ts';
import { MODEL_PANELS, TOKEN_PANELS } from './model-calls.ts';
import {
  BY_INSTANCE,
  BY_MODEL,
  CHAT_ROUTE,
  inRange,
  orNone,
  orZero,
  perSecond,
  quantile,
  share,
} from './promql.ts';
import { neutral, onlyZeroIsFine, worseAbove, worseBelow } from './thresholds.ts';
import { INSTANCE, MODEL } from './variables.ts';

const REQUESTS = 'http_server_request_duration_seconds';
const FIRST_CHUNK = 'gen_ai_client_operation_time_to_first_chunk_seconds';
const SPANS = 'traces_span_metrics_duration_seconds';
const FAILED_ANSWERS = `${BY_MODEL}, glassgate_outcome="failed"`;
const FAILED_REQUESTS = { traces: '{ name = "POST /v1/chat/completions" && status = error }' };
const SLOW_REQUESTS = { traces: '{ name = "POST /v1/chat/completions" && duration > 5s }' };
const MODEL_CALLS = { traces: '{ name =~ "chat .*" }' };

const fine = [
  number({
    title: 'Requests per second',
    description:
      'Chat requests per second; a sudden fall to zero means that callers no longer reach the gateway.',
    unit: 'reqps',
    query: orZero(perSecond(`${REQUESTS}_count`, CHAT_ROUTE)),
  }),
  number({
    title: 'Error rate',
    description: 'Share of answers that failed; above 5 % for five minutes somebody is paged.',
    unit: 'percentunit',
    thresholds: worseAbove(0.01, 0.05),
    query: share(
      perSecond('glassgate_answers_total', FAILED_ANSWERS),
      perSecond('glassgate_answers_total', BY_MODEL),
    ),
    explore: FAILED_REQUESTS,
  }),
  number({
    title: 'Latency P95',
    description:
      '95 of 100 chat requests ended within this time, streams to their last byte; the objective is 10 s.',
    unit: 's',
    thresholds: worseAbove(5, 10),
    query: quantile(0.95, REQUESTS, CHAT_ROUTE),
    explore: SLOW_REQUESTS,
  }),
  number({
    title: 'Time to first token P95',
    description: '95 of 100 streams began within this time of the model call; the objective is 2.56 s.',
    unit: 's',
    thresholds: worseAbove(1.28, 2.56),
    query: quantile(0.95, FIRST_CHUNK, BY_MODEL),
    explore: MODEL_CALLS,
  }),
  number({
    title: 'In flight',
    description:
      'Requests in progress, streams included; a value that never falls without traffic is a leak.',
    unit: 'short',
    query: orZero(`sum(http_server_active_requests{${BY_INSTANCE}})`),
  }),
  number({
    title: 'Rejected',
    description:
      'Requests refused for lack of room or during a stop, in the time range; callers over their rate limit are not in it.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(
      inRange('glassgate_requests_rejected_total', `${BY_INSTANCE}, glassgate_reason!="rate_limited"`),
    ),
  }),
  number({
    title: 'Upstream reachable',
    noValue: 'no data',
    description: 'Share of gateway processes whose last look at the upstream succeeded.',
    unit: 'percentunit',
    thresholds: worseBelow(0.5, 1),
    query: `avg(glassgate_upstream_up_ratio{${BY_INSTANCE}})`,
  }),
  number({
    title: 'Workers ready',
    description: 'Workers that are ready to answer, as the primary process sees them.',
    unit: 'short',
    thresholds: worseBelow(1, 1),
    query: 'sum(glassgate_workers_ready)',
  }),
];

const rates = [
  graph({
    title: 'Requests by status',
    description:
      'Chat requests per second by HTTP status; 499 is a caller who left, 400 may be a blocked question.',
    unit: 'reqps',
    stacked: 'sum',
    queries: {
      '{{http_response_status_code}}': perSecond(`${REQUESTS}_count`, CHAT_ROUTE, [
        'http_response_status_code',
      ]),
    },
  }),
  graph({
    title: 'Answers by outcome',
    description:
      'Requests that reached the path, per second, by how they ended; blocked and aborted are no failures.',
    unit: 'reqps',
    stacked: 'sum',
    queries: {
      '{{glassgate_outcome}}': perSecond('glassgate_answers_total', BY_MODEL, ['glassgate_outcome']),
    },
  }),
  graph({
    title: 'Answers by model',
    description: 'Requests that reached the path, per second, by the model asked for.',
    unit: 'reqps',
    stacked: 'sum',
    queries: {
      '{{gen_ai_request_model}}': perSecond('glassgate_answers_total', BY_MODEL, ['gen_ai_request_model']),
    },
  }),
];

const errors = [
  graph({
    title: 'Error rate',
    description:
      'Share of answers that failed, of the chosen models and as the alert sees it; the alert stands at the red line.',
    unit: 'percentunit',
    thresholds: worseAbove(0.01, 0.05),
    queries: {
      'chosen models': share(
        perSecond('glassgate_answers_total', FAILED_ANSWERS),
        perSecond('glassgate_answers_total', BY_MODEL),
      ),
      'alert, last 5 minutes': 'glassgate:availability:error_ratio_5m',
    },
    explore: FAILED_REQUESTS,
  }),
  graph({
    title: 'Failures by error code',
    description: 'Failed chat requests per second by error code; `none` at 0 while nothing fails.',
    unit: 'reqps',
    queries: {
      '{{error_type}}': orNone(
        perSecond(`${REQUESTS}_count`, `${CHAT_ROUTE}, error_type!=""`, ['error_type']),
        'error_type',
      ),
    },
    explore: FAILED_REQUESTS,
  }),
  graph({
    title: 'Calls to the upstream by outcome',
    description:
      'Attempts per second, retries one by one; more attempts than answers means that retries hide failures.',
    unit: 'reqps',
    queries: {
      '{{glassgate_upstream_outcome}}': perSecond('glassgate_upstream_attempts_total', BY_INSTANCE, [
        'glassgate_upstream_outcome',
      ]),
    },
    explore: {
      logs: '{service_name="glassgate"} |= "upstream.failed"',
      traces: '{ span.glassgate.upstream.attempts > 1 }',
    },
  }),
];

const latency = [
  graph({
    title: 'Latency of chat requests',
    description: 'Time to the last byte, all models; the points are exemplars, and each opens its trace.',
    unit: 's',
    thresholds: worseAbove(5, 10),
    exemplars: true,
    queries: {
      P50: quantile(0.5, REQUESTS, CHAT_ROUTE),
      P95: quantile(0.95, REQUESTS, CHAT_ROUTE),
      P99: quantile(0.99, REQUESTS, CHAT_ROUTE),
      'P99 of traces': quantile(0.99, SPANS, 'span_name="POST /v1/chat/completions"'),
    },
    explore: SLOW_REQUESTS,
  }),
  heatmap({
    title: 'Distribution of latency',
    description:
      'How many chat requests took how long; two bands mean two kinds of requests behind one quantile.',
    unit: 's',
    query: `sum by (le) (increase(${SPANS}_bucket{span_name="POST /v1/chat/completions"}[$__rate_interval]))`,
    explore: SLOW_REQUESTS,
  }),
];

const load = [
  graph({
    title: 'In flight and waiting',
    description:
      'Requests in progress and requests that wait for a place; waiting for minutes means that capacity is missing.',
    unit: 'short',
    queries: {
      'in flight': orZero(`sum(http_server_active_requests{${BY_INSTANCE}})`),
      waiting: orZero(`sum(glassgate_requests_waiting{${BY_INSTANCE}})`),
    },
  }),
  graph({
    title: 'Rejected by reason',
    description:
      'Requests refused before any work, per second; queue_full and queue_timeout mean that capacity is missing.',
    unit: 'reqps',
    queries: {
      '{{glassgate_reason}}': orNone(
        perSecond('glassgate_requests_rejected_total', BY_INSTANCE, ['glassgate_reason']),
        'glassgate_reason',
      ),
    },
  }),
  graph({
    title: 'Event loop delay P99',
    description: 'How long a worker made other requests wait; above 100 ms the process lacks processor time.',
    unit: 's',
    thresholds: worseAbove(0.1, 0.5),
    queries: { '{{instance}}': `max by (instance) (nodejs_eventloop_delay_p99_seconds{${BY_INSTANCE}})` },
  }),
  graph({
    title: 'Memory of the heap',
    description: 'JavaScript heap in use by process; a line that only rises is a leak.',
    unit: 'bytes',
    thresholds: neutral(),
    queries: { '{{instance}}': `sum by (instance) (v8js_memory_heap_used_bytes{${BY_INSTANCE}})` },
  }),
];

/** Is the service fine, and if not, where does it hurt. */
export const service = frame({
  uid: 'glassgate-service',
  title: 'Glassgate: Service',
  description: 'Rate, errors, latency and load of the gateway; start here.',
  from: 'now-1h',
  variables: [MODEL, INSTANCE],
  sections: [
    { title: 'Is it fine?', lines: [fine] },
    { title: 'Requests and answers', lines: [rates, errors] },
    { title: 'Latency', lines: [latency, MODEL_PANELS] },
    { title: 'Tokens', lines: [TOKEN_PANELS] },
    { title: 'Load', lines: [load] },
    {
      title: 'What the gateway says',
      lines: [
        [
          logLines({
            title: 'Warnings and errors',
            description: 'Events of the gateway that are no routine; each line opens its trace.',
            query: WARNINGS_AND_ERRORS,
          }),
        ],
      ],
    },
  ],
});
