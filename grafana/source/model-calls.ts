import { graph, number } from './panels.ts';
import { BY_INSTANCE, BY_MODEL, inRange, mean, orZero, perSecond, quantile } from './promql.ts';
import { onlyZeroIsFine, worseAbove } from './thresholds.ts';

const CALLS = 'gen_ai_client_operation_duration_seconds';
const CHUNK = 'gen_ai_client_operation_time_per_output_chunk_seconds';
const FIRST_CHUNK = 'gen_ai_client_operation_time_to_first_chunk_seconds';
const SPANS = 'traces_span_metrics_duration_seconds';
const MODEL_CALLS = { traces: '{ name =~ "chat .*" }' };

/** How fast the model answers, by model. */
export const MODEL_PANELS = [
  graph({
    title: 'Time to first token',
    description:
      'Time from the model call to the first content chunk of a stream; a rise means queueing in the model server.',
    unit: 's',
    thresholds: worseAbove(1.28, 2.56),
    exemplars: true,
    queries: {
      'P50 {{gen_ai_request_model}}': quantile(0.5, FIRST_CHUNK, BY_MODEL, ['gen_ai_request_model']),
      'P95 {{gen_ai_request_model}}': quantile(0.95, FIRST_CHUNK, BY_MODEL, ['gen_ai_request_model']),
      'P95 of whole calls in traces': quantile(0.95, SPANS, 'span_name=~"chat .*"'),
    },
    explore: MODEL_CALLS,
  }),
  graph({
    title: 'Time of the model call',
    description: 'Mean and P95 time of a model call, retries included, to its last byte.',
    unit: 's',
    exemplars: true,
    queries: {
      'mean {{gen_ai_request_model}}': mean(CALLS, BY_MODEL, ['gen_ai_request_model']),
      'P95 {{gen_ai_request_model}}': quantile(0.95, CALLS, BY_MODEL, ['gen_ai_request_model']),
      'P95 of traces': quantile(0.95, SPANS, 'span_name=~"chat .*"'),
    },
    explore: MODEL_CALLS,
  }),
  graph({
    title: 'Time between chunks',
    description:
      'Mean time between the content chunks of a stream; a rise means that the model itself writes more slowly.',
    unit: 's',
    queries: {
      'P50 {{gen_ai_request_model}}': quantile(0.5, CHUNK, BY_MODEL, ['gen_ai_request_model']),
      'P95 {{gen_ai_request_model}}': quantile(0.95, CHUNK, BY_MODEL, ['gen_ai_request_model']),
    },
    explore: MODEL_CALLS,
  }),
];

/** What the model reads and writes. */
export const TOKEN_PANELS = [
  graph({
    title: 'Tokens per second',
    description: 'Tokens read and written per second, as the upstream reported them.',
    unit: 'short',
    queries: {
      '{{gen_ai_token_type}} {{gen_ai_request_model}}': perSecond('gen_ai_client_token_usage_sum', BY_MODEL, [
        'gen_ai_token_type',
        'gen_ai_request_model',
      ]),
    },
  }),
  graph({
    title: 'Tokens per call',
    description:
      'Mean tokens of one model call; a rise of input tokens means longer questions or more passages.',
    unit: 'short',
    queries: { '{{gen_ai_token_type}}': mean('gen_ai_client_token_usage', BY_MODEL, ['gen_ai_token_type']) },
  }),
  number({
    title: 'Answers without token count',
    description:
      'Complete answers in the time range for which the upstream reported no usage: they are missing on the left.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange('glassgate_upstream_usage_missing_total', BY_INSTANCE)),
  }),
];
