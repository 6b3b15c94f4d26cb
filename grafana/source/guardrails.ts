import { frame } from './dashboard-frame.ts';
import { bars, graph, logGraph, logLines, number, traceTable } from './panels.ts';
import { BY_INSTANCE, inRange, orNone, orZero, perSecond, quantile, share, shareOfEach } from './promql.ts';
import { onlyZeroIsFine, worseAbove } from './thresholds.ts';
import { INSTANCE } from './variables.ts';

const VERDICTS = 'glassgate_guardrail_verdicts_total';
const STAGE = 'glassgate_stage_duration_seconds';
const GUARDS = `${BY_INSTANCE}, glassgate_stage=~"input_guard|context_guard|output_guard"`;
const NOT_ALLOWED = `${BY_INSTANCE}, glassgate_guardrail_action!="allow"`;
const BLOCKS = '{service_name="glassgate"} |= "guardrail.blocked"';
const BLOCKED = { logs: BLOCKS, traces: '{ span.gen_ai.guardrail.result.value = "block" }' };

const fine = [
  blockedShare(
    'input',
    'Questions blocked',
    'Share of questions that the input guard refused; a jump is an attack or a rule that is too strict.',
  ),
  blockedShare(
    'context',
    'Passages set aside',
    'Share of retrieved passages that the context guard kept from the model; a jump means poisoned documents.',
  ),
  blockedShare(
    'output',
    'Answers stopped',
    'Share of answers that the output guard stopped; a jump means leaks, or a rule that is too strict.',
  ),
  number({
    title: 'Flagged',
    description:
      'Texts in the time range that a guard found suspicious and let pass: worth a look before rules are made stricter.',
    unit: 'short',
    query: orZero(inRange(VERDICTS, `${BY_INSTANCE}, glassgate_guardrail_action="flag"`)),
  }),
  number({
    title: 'Guard failures',
    description:
      'Guard steps that failed in the time range: a text that nobody looked at was refused or let through.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange(`${STAGE}_count`, `${GUARDS}, glassgate_stage_outcome="failed"`)),
  }),
  number({
    title: 'Input guard P95',
    description: '95 of 100 questions were judged within this time, before anything else happened.',
    unit: 's',
    thresholds: worseAbove(0.05, 0.25),
    query: quantile(0.95, STAGE, `${BY_INSTANCE}, glassgate_stage="input_guard"`),
  }),
];

function blockedShare(stage: 'input' | 'context' | 'output', title: string, description: string) {
  const all = `${BY_INSTANCE}, glassgate_guardrail_stage="${stage}"`;
  return number({
    title,
    description,
    unit: 'percentunit',
    thresholds: worseAbove(0.05, 0.2),
    query: share(inRange(VERDICTS, `${all}, glassgate_guardrail_action="block"`), inRange(VERDICTS, all)),
    explore: BLOCKED,
  });
}

const verdicts = [
  graph({
    title: 'Verdicts by guard and action',
    description: 'Decisions per second; the context guard decides once per passage.',
    unit: 'ops',
    queries: {
      '{{glassgate_guardrail_stage}} {{glassgate_guardrail_action}}': perSecond(VERDICTS, BY_INSTANCE, [
        'glassgate_guardrail_stage',
        'glassgate_guardrail_action',
      ]),
    },
    explore: BLOCKED,
  }),
  graph({
    title: 'Share blocked by guard',
    description:
      'Share of decisions that were blocks, by guard: the form of the line tells an attack from a new rule.',
    unit: 'percentunit',
    queries: {
      '{{glassgate_guardrail_stage}}': shareOfEach(
        perSecond(VERDICTS, `${BY_INSTANCE}, glassgate_guardrail_action="block"`, [
          'glassgate_guardrail_stage',
        ]),
        perSecond(VERDICTS, BY_INSTANCE, ['glassgate_guardrail_stage']),
      ),
    },
    explore: BLOCKED,
  }),
];

const languages = [
  graph({
    title: 'Verdicts by language',
    description:
      'Flags and blocks per second by the language of the text: rules and thresholds differ by language, so may mistakes.',
    unit: 'ops',
    stacked: 'sum',
    queries: {
      '{{glassgate_language}} {{glassgate_guardrail_action}}': orNone(
        perSecond(VERDICTS, NOT_ALLOWED, ['glassgate_language', 'glassgate_guardrail_action']),
        'glassgate_language',
      ),
    },
    explore: BLOCKED,
  }),
  graph({
    title: 'Share blocked by language',
    description:
      'Share of decisions that were blocks, by the language of the text; `other` is neither English nor Chinese.',
    unit: 'percentunit',
    queries: {
      '{{glassgate_language}}': shareOfEach(
        perSecond(VERDICTS, `${BY_INSTANCE}, glassgate_guardrail_action="block"`, ['glassgate_language']),
        perSecond(VERDICTS, BY_INSTANCE, ['glassgate_language']),
      ),
    },
    explore: BLOCKED,
  }),
];

const second = [
  graph({
    title: 'Moderation service',
    description:
      'Questions for the moderation service per second, by how each ended; open: not asked, because it failed again and again.',
    unit: 'ops',
    queries: {
      '{{glassgate_guardrail_moderation}}': orNone(
        perSecond('glassgate_guardrail_moderations_total', BY_INSTANCE, ['glassgate_guardrail_moderation']),
        'glassgate_guardrail_moderation',
      ),
    },
  }),
  graph({
    title: 'Only one would stop it',
    description:
      'Questions per second that either the moderation service or our own guard would stop, and the other not.',
    unit: 'ops',
    queries: {
      '{{glassgate_guardrail_stopped_by}}': orNone(
        perSecond('glassgate_guardrail_disagreements_total', BY_INSTANCE, ['glassgate_guardrail_stopped_by']),
        'glassgate_guardrail_stopped_by',
      ),
    },
  }),
  number({
    title: 'Not read whole',
    description: 'Texts in the time range that a guard did not read to the end; each was flagged at least.',
    unit: 'short',
    query: orZero(inRange('glassgate_guardrail_truncated_total', BY_INSTANCE)),
  }),
  number({
    title: 'Not judged',
    description: 'Texts in the time range that a guard failed to judge because of a fault of its own.',
    unit: 'short',
    thresholds: onlyZeroIsFine(),
    query: orZero(inRange('glassgate_guardrail_failures_total', BY_INSTANCE)),
  }),
];

const rules = [
  graph({
    title: 'Rules that flagged or blocked',
    description: 'Decisions per second by rule, allowed texts left out.',
    unit: 'ops',
    stacked: 'sum',
    queries: {
      '{{glassgate_guardrail_rule}} {{glassgate_guardrail_action}}': orNone(
        perSecond(VERDICTS, NOT_ALLOWED, ['glassgate_guardrail_rule', 'glassgate_guardrail_action']),
        'glassgate_guardrail_rule',
      ),
    },
    explore: BLOCKED,
  }),
  bars({
    title: 'Busiest rules',
    description: 'The ten rules that flagged or blocked most in the time range, by guard.',
    unit: 'short',
    queries: {
      '{{glassgate_guardrail_stage}}: {{glassgate_guardrail_rule}}': orNone(
        `topk(10, ${inRange(VERDICTS, NOT_ALLOWED, ['glassgate_guardrail_stage', 'glassgate_guardrail_rule'])})`,
        'glassgate_guardrail_rule',
      ),
    },
    explore: BLOCKED,
  }),
  logGraph({
    title: 'Blocks from the log',
    description:
      'Blocks by guard and rule counted from the log: should have the form of the metric on the left.',
    unit: 'short',
    name: '{{stage}} {{rule}}',
    query: `sum by (stage, rule) (count_over_time(${BLOCKS} [$__auto]))`,
    explore: BLOCKED,
  }),
];

const cost = [
  graph({
    title: 'Time of the guards',
    description:
      'P95 of each guard; the output guard is open as long as the stream, so its time follows the model.',
    unit: 's',
    queries: { '{{glassgate_stage}}': quantile(0.95, STAGE, GUARDS, ['glassgate_stage']) },
  }),
  graph({
    title: 'Outcome of the guard steps',
    description:
      'Guard steps per second that were blocked, failed or aborted; failed means that the guard itself broke.',
    unit: 'ops',
    queries: {
      '{{glassgate_stage}} {{glassgate_stage_outcome}}': orNone(
        perSecond(`${STAGE}_count`, `${GUARDS}, glassgate_stage_outcome!="ok"`, [
          'glassgate_stage',
          'glassgate_stage_outcome',
        ]),
        'glassgate_stage_outcome',
      ),
    },
  }),
];

const evidence = [
  logLines({
    title: 'What was blocked',
    description: 'One line per block with guard, rule and id, never the text; each line opens its trace.',
    query: `${BLOCKS} | line_format "{{.stage}} guard, rule {{.rule}} {{.glassgate_answer_id}}{{.glassgate_passage_id}}"`,
  }),
  traceTable({
    title: 'Traces with a block',
    description:
      'Requests in which a guard stopped the question, a passage or the answer; each row opens its trace.',
    query: '{ name =~ "apply_guardrail .*" && span.gen_ai.guardrail.result.value = "block" }',
  }),
];

/** What the guards decide, by which rule, and what it costs. */
export const guardrails = frame({
  uid: 'glassgate-guardrails',
  title: 'Glassgate: Guardrails',
  description: 'What the guards decide on questions, passages and answers, by which rule, and what it costs.',
  from: 'now-6h',
  variables: [INSTANCE],
  sections: [
    { title: 'Is it fine?', lines: [fine] },
    { title: 'Verdicts', lines: [verdicts, languages] },
    { title: 'Second opinion and limits', lines: [second] },
    { title: 'Rules', lines: [rules] },
    { title: 'Cost and failures', lines: [cost] },
    { title: 'Evidence', lines: [evidence] },
  ],
});
