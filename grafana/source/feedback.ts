import { frame } from './dashboard-frame.ts';
import { graph, logGraph, logLines, number, traceTable } from './panels.ts';
import { BY_INSTANCE, BY_MODEL, inRange, orZero, perSecond, share } from './promql.ts';
import { worseAbove } from './thresholds.ts';
import { INSTANCE, MODEL } from './variables.ts';

const RATINGS = 'glassgate_feedback_ratings_total';
const UP = `${BY_INSTANCE}, glassgate_feedback_rating="up"`;
const DOWN = `${BY_INSTANCE}, glassgate_feedback_rating="down"`;
const JUDGED = `${BY_INSTANCE}, glassgate_feedback_rating=~"up|down"`;
const ANSWERED = `${BY_MODEL}, glassgate_outcome="answered"`;
/** The event stands in the context of the answer it judges: its trace is the answer's. */
const EVENTS = '{service_name="glassgate"} |= "gen_ai.evaluation.result"';
const THUMBS_DOWN = `${EVENTS} | gen_ai_evaluation_score_label="thumbs_down"`;
const READABLE =
  'line_format "{{.gen_ai_evaluation_score_label}} {{.glassgate_answer_id}} trace {{.trace_id}}"';
const FEEDBACK_REQUESTS = '{ name = "POST /v1/feedback" && span.http.response.status_code = 200 }';
/** A click on a rise leads to the thumbs behind it; a click on one of them opens the trace of its answer. */
const BEHIND_THUMBS_DOWN = { logs: `${THUMBS_DOWN} | ${READABLE}`, traces: FEEDBACK_REQUESTS };

const fine = [
  number({
    title: '👎 share',
    description: 'Share of thumbs down among all thumbs of the time range; one in five is too many.',
    unit: 'percentunit',
    thresholds: worseAbove(0.2, 0.4),
    query: share(inRange(RATINGS, DOWN), inRange(RATINGS, JUDGED)),
    noValue: 'no thumbs',
    explore: BEHIND_THUMBS_DOWN,
  }),
  number({
    title: '👎',
    description: 'Thumbs down given in the time range.',
    unit: 'short',
    query: orZero(inRange(RATINGS, DOWN)),
    explore: BEHIND_THUMBS_DOWN,
  }),
  number({
    title: '👍',
    description: 'Thumbs up given in the time range.',
    unit: 'short',
    query: orZero(inRange(RATINGS, UP)),
  }),
  number({
    title: 'Withdrawn',
    description: 'Thumbs taken back in the time range.',
    unit: 'short',
    query: orZero(inRange(RATINGS, `${BY_INSTANCE}, glassgate_feedback_rating="withdrawn"`)),
  }),
  number({
    title: 'Answers with a thumb',
    description: 'Thumbs of the time range for each answer: how much the share above can be trusted.',
    unit: 'percentunit',
    query: share(inRange(RATINGS, JUDGED), inRange('glassgate_answers_total', ANSWERED)),
  }),
  number({
    title: 'Answers',
    description: 'Questions answered in the time range, of the models that are chosen.',
    unit: 'short',
    query: orZero(inRange('glassgate_answers_total', ANSWERED)),
  }),
];

const overTime = [
  graph({
    title: '👍 and 👎 over time',
    description:
      'Thumbs per interval; click a bar of 👎 and choose the logs, then a line opens the trace of its answer.',
    unit: 'short',
    bars: true,
    queries: {
      '👍': orZero(`sum(increase(${RATINGS}{${UP}}[$__rate_interval]))`),
      '👎': orZero(`sum(increase(${RATINGS}{${DOWN}}[$__rate_interval]))`),
    },
    explore: BEHIND_THUMBS_DOWN,
  }),
  graph({
    title: '👎 share over time',
    description:
      'Share of thumbs down in the hour and in the day before each point; a step after a release is its verdict.',
    unit: 'percentunit',
    thresholds: worseAbove(0.2, 0.4),
    queries: {
      'last hour': share(
        `sum(increase(${RATINGS}{${DOWN}}[1h]))`,
        `sum(increase(${RATINGS}{${JUDGED}}[1h]))`,
      ),
      'last day': share(`sum(increase(${RATINGS}{${DOWN}}[1d]))`, `sum(increase(${RATINGS}{${JUDGED}}[1d]))`),
    },
    explore: BEHIND_THUMBS_DOWN,
  }),
  logGraph({
    title: 'Thumbs from the log',
    description: 'The same thumbs counted from the events in the log: the two countings should agree.',
    unit: 'short',
    name: '{{gen_ai_evaluation_score_label}}',
    query: `sum by (gen_ai_evaluation_score_label) (count_over_time(${EVENTS} [$__auto]))`,
    explore: BEHIND_THUMBS_DOWN,
  }),
];

const behind = [
  logLines({
    title: 'Answers with 👎',
    description:
      'One line per thumb down with the id of its answer; the link of the line opens the trace of that answer.',
    query: `${THUMBS_DOWN} | ${READABLE}`,
  }),
  traceTable({
    title: 'Requests that brought feedback',
    description: 'Feedback requests; the span of each links to the model call that it judges.',
    query: FEEDBACK_REQUESTS,
  }),
];

const suspects = [
  graph({
    title: 'Answers without passages',
    description:
      'Share of questions for which nothing was found or the search failed: a first suspect when 👎 rises.',
    unit: 'percentunit',
    queries: {
      'empty or degraded': share(
        perSecond(
          'glassgate_retrieval_passages_count',
          `${BY_INSTANCE}, glassgate_retrieval_outcome!="found"`,
        ),
        perSecond('glassgate_retrieval_passages_count', BY_INSTANCE),
      ),
    },
  }),
  graph({
    title: 'Answers by model',
    description: 'Which model answered, per second: a change of model is the next suspect.',
    unit: 'reqps',
    stacked: 'sum',
    queries: {
      '{{gen_ai_request_model}}': perSecond('glassgate_answers_total', BY_MODEL, ['gen_ai_request_model']),
    },
  }),
];

/** What people think of the answers, and the traces behind a rise in thumbs down. */
export const feedback = frame({
  uid: 'glassgate-feedback',
  title: 'Glassgate: Feedback',
  description: 'What people think of the answers, and the traces behind a rise in thumbs down in two clicks.',
  from: 'now-24h',
  variables: [MODEL, INSTANCE],
  sections: [
    { title: 'Is it fine?', lines: [fine] },
    { title: 'Over time', lines: [overTime] },
    { title: 'Behind the thumbs', lines: [behind] },
    { title: 'Suspects', lines: [suspects] },
  ],
});
