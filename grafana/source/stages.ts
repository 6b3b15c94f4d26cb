import { frame } from './dashboard-frame.ts';
import { bars, graph, number, traceTable } from './panels.ts';
import { BY_INSTANCE, inRange, mean, orNone, orZero, perSecond, quantile, share } from './promql.ts';
import { onlyZeroIsFine, worseAbove } from './thresholds.ts';
import { INSTANCE } from './variables.ts';

const STAGE = 'glassgate_stage_duration_seconds';
const OVERHEAD = 'glassgate_gateway_overhead_seconds';
const SPANS = 'traces_span_metrics_duration_seconds';
/** Steps one after the other. The output guard is open as long as the model writes, so its time is not added to the model's. */
const IN_SEQUENCE = `${BY_INSTANCE}, glassgate_stage!~"output_guard|record"`;
const MODEL = `${BY_INSTANCE}, glassgate_stage="generate"`;
const RETRIEVAL = `${BY_INSTANCE}, glassgate_stage="retrieve"`;
const ANSWERED = `${BY_INSTANCE}, glassgate_outcome="answered"`;
const DEGRADED = {
  logs: '{service_name="glassgate"} |= "retrieval.degraded"',
  traces: '{ span.glassgate.retrieval.degraded != nil }',
};

const fine = [
  number({
    title: 'Gateway overhead P50',
    description:
      'Half of the answers cost the gateway itself less than this: request time minus time in the upstream.',
    unit: 's',
    thresholds: worseAbove(0.05, 0.25),
    query: quantile(0.5, OVERHEAD, ANSWERED),
  }),
  number({
    title: 'Gateway overhead P95',
    description:
      '95 of 100 answers cost the gateway itself less than this; a rise with a steady model means too little processor time.',
    unit: 's',
    thresholds: worseAbove(0.1, 0.5),
    query: quantile(0.95, OVERHEAD, ANSWERED),
  }),
  number({
    title: 'Share of time in the model',
    description:
      'Part of the time of all steps that is the model call; the rest is what the gateway can improve.',
    unit: 'percentunit',
    query: share(perSecond(`${STAGE}_sum`, MODEL), perSecond(`${STAGE}_sum`, IN_SEQUENCE)),
  }),
  number({
    title: 'Retrieval P95',
    description: '95 of 100 searches for passages took less than this.',
    unit: 's',
    thresholds: worseAbove(0.25, 1),
    query: quantile(0.95, STAGE, RETRIEVAL),
    explore: { traces: '{ name =~ "retrieval.*" }' },
  }),
  number({
    title: 'Answers without retrieval',
    description: 'Share of questions whose search failed, so that they were answered without passages.',
    unit: 'percentunit',
    thresholds: worseAbove(0.001, 0.05),
    query: share(
      perSecond(
        'glassgate_retrieval_passages_count',
        `${BY_INSTANCE}, glassgate_retrieval_outcome="degraded"`,
      ),
      perSecond('glassgate_retrieval_passages_count', BY_INSTANCE),
    ),
    explore: DEGRADED,
  }),
  number({
    title: 'Failed steps',
    description: 'Steps that failed in the time range, whatever became of the request.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange(`${STAGE}_count`, `${BY_INSTANCE}, glassgate_stage_outcome="failed"`)),
  }),
];

const whereTimeGoes = [
  graph({
    title: 'Where the time goes',
    description:
      'Share of time by step, of steps that follow one another; the output guard runs beside the model and is left out.',
    unit: 's',
    stacked: 'share',
    queries: { '{{glassgate_stage}}': perSecond(`${STAGE}_sum`, IN_SEQUENCE, ['glassgate_stage']) },
  }),
  bars({
    title: 'Time by step in the time range',
    description: 'Seconds spent in each step by all requests of the time range.',
    unit: 's',
    queries: { '{{glassgate_stage}}': inRange(`${STAGE}_sum`, IN_SEQUENCE, ['glassgate_stage']) },
  }),
  graph({
    title: 'Gateway overhead',
    description:
      'Request time minus time in the upstream, of answered questions: what the gateway itself costs.',
    unit: 's',
    queries: {
      P50: quantile(0.5, OVERHEAD, ANSWERED),
      P95: quantile(0.95, OVERHEAD, ANSWERED),
      P99: quantile(0.99, OVERHEAD, ANSWERED),
    },
  }),
];

const byStep = [
  graph({
    title: 'P50 by step',
    description:
      'Half of the runs of a step took less than this; `generate` and `output_guard` last as long as the stream.',
    unit: 's',
    queries: { '{{glassgate_stage}}': quantile(0.5, STAGE, BY_INSTANCE, ['glassgate_stage']) },
  }),
  graph({
    title: 'P95 by step',
    description:
      '95 of 100 runs of a step took less than this; the points are exemplars, and each opens its trace.',
    unit: 's',
    exemplars: true,
    queries: {
      '{{glassgate_stage}}': quantile(0.95, STAGE, BY_INSTANCE, ['glassgate_stage']),
      'spans: {{span_name}}': quantile(
        0.95,
        SPANS,
        'span_name=~"apply_guardrail .*|retrieval.*|assemble_prompt"',
        ['span_name'],
      ),
    },
  }),
  graph({
    title: 'Steps that did not end well',
    description: 'Steps per second that were blocked, failed or aborted, by step and outcome.',
    unit: 'ops',
    queries: {
      '{{glassgate_stage}} {{glassgate_stage_outcome}}': orNone(
        perSecond(`${STAGE}_count`, `${BY_INSTANCE}, glassgate_stage_outcome!="ok"`, [
          'glassgate_stage',
          'glassgate_stage_outcome',
        ]),
        'glassgate_stage_outcome',
      ),
    },
    explore: { traces: '{ resource.service.name = "glassgate" && status = error }' },
  }),
];

const retrieval = [
  graph({
    title: 'Searches by outcome',
    description: 'Searches per second: found, empty (nothing fitted) or degraded (the search failed).',
    unit: 'ops',
    stacked: 'sum',
    queries: {
      '{{glassgate_retrieval_outcome}}': perSecond('glassgate_retrieval_passages_count', BY_INSTANCE, [
        'glassgate_retrieval_outcome',
      ]),
    },
    explore: DEGRADED,
  }),
  graph({
    title: 'Passages per question',
    description:
      'Mean number of passages found; a fall means that people ask for what the corpus does not hold.',
    unit: 'short',
    queries: { passages: mean('glassgate_retrieval_passages', BY_INSTANCE) },
  }),
  graph({
    title: 'Spans per second',
    description: 'Spans of the gateway by name, counted by the Collector: one per step and request.',
    unit: 'ops',
    queries: {
      '{{span_name}}': perSecond('traces_span_metrics_calls_total', 'service_name="glassgate"', [
        'span_name',
      ]),
    },
  }),
];

const traces = [
  traceTable({
    title: 'Slowest requests',
    description: 'Chat requests above 2 s in the time range; each row opens its trace.',
    query: '{ name = "POST /v1/chat/completions" && duration > 2s }',
  }),
  traceTable({
    title: 'Requests with slow retrieval',
    description: 'Requests whose search took more than 250 ms; each row opens its trace.',
    query: '{ name = "POST /v1/chat/completions" } >> { name =~ "retrieval.*" && duration > 250ms }',
  }),
];

/** Where the time of a request goes, from guard to retrieval to model. */
export const stages = frame({
  uid: 'glassgate-stages',
  title: 'Glassgate: Stages',
  description:
    'Where the time of a request goes, from guard to retrieval to model, and what the gateway itself costs.',
  from: 'now-1h',
  variables: [INSTANCE],
  sections: [
    { title: 'Is it fine?', lines: [fine] },
    { title: 'Where the time goes', lines: [whereTimeGoes] },
    { title: 'Step by step', lines: [byStep] },
    { title: 'Retrieval', lines: [retrieval] },
    { title: 'Traces', lines: [traces] },
  ],
});
