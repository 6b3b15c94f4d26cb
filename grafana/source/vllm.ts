import { frame } from './dashboard-frame.ts';
import { graph, number, traceTable } from './panels.ts';
import { inRange, mean, orZero, perSecond, quantile, share } from './promql.ts';
import { onlyZeroIsFine, worseAbove, worseBelow } from './thresholds.ts';
import { VLLM_MODEL, VLLM_REPLICA } from './variables.ts';

const CHOSEN = 'model_name=~"$vllm_model", instance=~"$vllm_replica"';
const FIRST_TOKEN = 'vllm:time_to_first_token_seconds';
const BETWEEN_TOKENS = 'vllm:inter_token_latency_seconds';
const WHOLE = 'vllm:e2e_request_latency_seconds';
const QUEUE = 'vllm:request_queue_time_seconds';
// 1.0: Tempo compares a whole number with whole numbers only, and this attribute is none.
const QUEUED = { traces: '{ name = "llm_request" && span.gen_ai.latency.time_in_queue > 1.0 }' };
const IN_MODEL = { traces: '{ name = "llm_request" }' };

const fine = [
  number({
    title: 'Replicas up',
    description: 'Share of vLLM replicas that Prometheus could read at its last look.',
    unit: 'percentunit',
    thresholds: worseBelow(0.5, 1),
    query: 'avg(up{job="vllm", instance=~"$vllm_replica"})',
    noValue: 'none known',
  }),
  number({
    title: 'Running',
    description: 'Requests in the batches that the replicas work on now.',
    unit: 'short',
    query: `sum(vllm:num_requests_running{${CHOSEN}})`,
  }),
  number({
    title: 'Waiting',
    description:
      'Requests that vLLM holds in its queue; above zero for minutes means that the model is the bottleneck.',
    unit: 'short',
    thresholds: worseAbove(1, 10),
    query: `sum(vllm:num_requests_waiting{${CHOSEN}})`,
    explore: QUEUED,
  }),
  number({
    title: 'KV cache used',
    description: 'Fullest KV cache of all replicas; near 100 % requests wait or are preempted.',
    unit: 'percentunit',
    thresholds: worseAbove(0.8, 0.95),
    query: `max(vllm:kv_cache_usage_perc{${CHOSEN}})`,
  }),
  number({
    title: 'Time to first token P95',
    description:
      '95 of 100 requests had their first token within this time of reaching vLLM, its queue included.',
    unit: 's',
    thresholds: worseAbove(1, 2.5),
    query: quantile(0.95, FIRST_TOKEN, CHOSEN),
    explore: IN_MODEL,
  }),
  number({
    title: 'Preemptions',
    description:
      'Requests thrown out of the batch in the time range because the KV cache was full: their work is done twice.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange('vllm:num_preemptions_total', CHOSEN)),
  }),
];

const queue = [
  graph({
    title: 'Running and waiting',
    description:
      'Requests in the batch and in the queue by replica; a queue beside an idle replica is a balancing fault.',
    unit: 'short',
    queries: {
      'running {{instance}}': `sum by (instance) (vllm:num_requests_running{${CHOSEN}})`,
      'waiting {{instance}}': `sum by (instance) (vllm:num_requests_waiting{${CHOSEN}})`,
    },
  }),
  graph({
    title: 'Why requests wait',
    description: 'Waiting requests by reason: capacity means that the batch or the cache is full.',
    unit: 'short',
    stacked: 'sum',
    queries: { '{{reason}}': `sum by (reason) (vllm:num_requests_waiting_by_reason{${CHOSEN}})` },
    explore: QUEUED,
  }),
  graph({
    title: 'Time in the queue',
    description: 'How long requests waited inside vLLM before it began to work on them.',
    unit: 's',
    queries: {
      P50: quantile(0.5, QUEUE, CHOSEN),
      P95: quantile(0.95, QUEUE, CHOSEN),
      P99: quantile(0.99, QUEUE, CHOSEN),
    },
    explore: QUEUED,
  }),
];

const latency = [
  graph({
    title: 'Time to first token',
    description:
      'Time from reaching vLLM to the first token; the dashed lines are where the objective of the gateway is at risk.',
    unit: 's',
    thresholds: worseAbove(1, 2.5),
    queries: {
      P50: quantile(0.5, FIRST_TOKEN, CHOSEN),
      P95: quantile(0.95, FIRST_TOKEN, CHOSEN),
      P99: quantile(0.99, FIRST_TOKEN, CHOSEN),
    },
    explore: IN_MODEL,
  }),
  graph({
    title: 'Inter-token latency',
    description:
      'Time between two tokens of one answer; it grows with the batch, and readers notice above 0.1 s.',
    unit: 's',
    thresholds: worseAbove(0.1, 0.25),
    queries: {
      P50: quantile(0.5, BETWEEN_TOKENS, CHOSEN),
      P95: quantile(0.95, BETWEEN_TOKENS, CHOSEN),
      P99: quantile(0.99, BETWEEN_TOKENS, CHOSEN),
    },
    explore: IN_MODEL,
  }),
  graph({
    title: 'Whole requests',
    description:
      'Time from reaching vLLM to the last token, of finished requests; aborted ones are not in it.',
    unit: 's',
    queries: {
      P50: quantile(0.5, WHOLE, CHOSEN),
      P95: quantile(0.95, WHOLE, CHOSEN),
      P99: quantile(0.99, WHOLE, CHOSEN),
    },
    explore: IN_MODEL,
  }),
];

const phases = [
  graph({
    title: 'Where vLLM spends a request',
    description:
      'Mean seconds of a request in the queue, reading the prompt (prefill) and writing the answer (decode).',
    unit: 's',
    stacked: 'sum',
    queries: {
      queue: mean(QUEUE, CHOSEN),
      prefill: mean('vllm:request_prefill_time_seconds', CHOSEN),
      decode: mean('vllm:request_decode_time_seconds', CHOSEN),
    },
  }),
  graph({
    title: 'Tokens per second',
    description:
      'Tokens read and written by all replicas; at full load the written ones are the capacity of the model.',
    unit: 'short',
    queries: {
      prompt: perSecond('vllm:prompt_tokens_total', CHOSEN),
      written: perSecond('vllm:generation_tokens_total', CHOSEN),
    },
  }),
  graph({
    title: 'Finished requests by reason',
    description:
      'Requests that ended per second: stop is a whole answer, length one that was cut; aborted ones are not reported by vLLM.',
    unit: 'reqps',
    stacked: 'sum',
    queries: { '{{finished_reason}}': perSecond('vllm:request_success_total', CHOSEN, ['finished_reason']) },
  }),
];

const memory = [
  graph({
    title: 'KV cache by replica',
    description:
      'Share of the KV cache in use; a replica that stands near 100 % makes the next requests wait.',
    unit: 'percentunit',
    thresholds: worseAbove(0.8, 0.95),
    queries: { '{{instance}} {{engine}}': `max by (instance, engine) (vllm:kv_cache_usage_perc{${CHOSEN}})` },
  }),
  graph({
    title: 'Preemptions and refusals',
    description:
      'Requests per second that vLLM threw out of the batch, and that it refused because its queue was full.',
    unit: 'reqps',
    queries: {
      preempted: orZero(perSecond('vllm:num_preemptions_total', CHOSEN)),
      'refused: {{reason}}': perSecond('vllm:admission_rejections_total', CHOSEN, ['reason']),
    },
  }),
  graph({
    title: 'Prefix cache hits',
    description:
      'Share of prompt tokens that vLLM did not have to read again; it falls when prompts stop sharing their beginning.',
    unit: 'percentunit',
    queries: {
      hits: share(
        perSecond('vllm:prefix_cache_hits_total', CHOSEN),
        perSecond('vllm:prefix_cache_queries_total', CHOSEN),
      ),
    },
  }),
  graph({
    title: 'Memory of the process',
    description: 'Resident memory of the API server by replica, without that of the accelerator.',
    unit: 'bytes',
    queries: {
      '{{instance}}':
        'max by (instance) (process_resident_memory_bytes{job="vllm", instance=~"$vllm_replica"})',
    },
  }),
];

const seenFromGateway = [
  graph({
    title: 'First token: gateway and vLLM',
    description:
      'P95 as the gateway sees it and as vLLM does: the gap is the network, the connection and retries.',
    unit: 's',
    queries: {
      gateway: quantile(0.95, 'gen_ai_client_operation_time_to_first_chunk_seconds', ''),
      vLLM: quantile(0.95, FIRST_TOKEN, CHOSEN),
    },
    explore: { traces: '{ name =~ "chat .*" } >> { name = "llm_request" }' },
  }),
  graph({
    title: 'Calls that did not end well',
    description:
      'Calls of the gateway per second that failed or were aborted: vLLM itself does not report aborted requests.',
    unit: 'reqps',
    queries: {
      '{{glassgate_upstream_outcome}}': perSecond(
        'glassgate_upstream_attempts_total',
        'glassgate_upstream_outcome!="ok"',
        ['glassgate_upstream_outcome'],
      ),
    },
    explore: { traces: '{ name =~ "chat .*" && span.error.type != nil }' },
  }),
];

/** Queue, cache and speed of the model server, and how the gateway sees it. */
export const vllm = frame({
  uid: 'glassgate-vllm',
  title: 'Glassgate: vLLM',
  description:
    'Queue, KV cache, time to first token and between tokens of the model server, and how the gateway sees it.',
  from: 'now-1h',
  variables: [VLLM_MODEL, VLLM_REPLICA],
  sections: [
    { title: 'Is it fine?', lines: [fine] },
    { title: 'Queue', lines: [queue] },
    { title: 'Latency', lines: [latency, phases] },
    { title: 'Memory', lines: [memory] },
    { title: 'Seen from the gateway', lines: [seenFromGateway] },
    {
      title: 'Traces',
      lines: [
        [
          traceTable({
            title: 'Requests that waited in vLLM',
            description:
              'Requests that stood in the queue of vLLM for more than a second; each row opens its trace.',
            query:
              '{ name =~ "chat .*" } >> { name = "llm_request" && span.gen_ai.latency.time_in_queue > 1.0 }',
          }),
        ],
      ],
    },
  ],
});
