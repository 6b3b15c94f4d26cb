import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { DASHBOARDS } from '../../grafana/source/dashboards.ts';
import {
  exploreQueriesOf,
  queriesOf,
  withoutVariables,
  type PanelQuery,
} from '../../grafana/source/panel-queries.ts';
import { selectorsIn } from '../../grafana/source/query-syntax.ts';
import { startStack } from '../../stack/start-stack.ts';
import { askLoki, askPrometheus, askTempo, exemplarsOf, labelValues, type Found } from './ask-store.ts';
import { newTraceId, traceBody } from './otlp-bodies.ts';
import { startReplayedVllm } from './replayed-vllm.ts';

/** What has no series until it happens; the panels show 0 until then. The key is a part of the selector. */
const ONLY_WHEN_IT_HAPPENS: Readonly<Record<string, string>> = {
  'ALERTS{alertstate="firing"': 'an alert',
  'glassgate_guardrail_action="flag"': 'a suspicious text that is let pass',
  'glassgate_guardrail_stage="context", glassgate_guardrail_action="block"': 'a poisoned passage',
  'glassgate_guardrail_stage="output", glassgate_guardrail_action="block"': 'an answer that leaks',
  glassgate_guardrail_disagreements_total: 'a moderation service that says otherwise',
  glassgate_guardrail_failures_total: 'a guard that fails',
  glassgate_guardrail_moderations_total: 'a moderation service',
  glassgate_guardrail_truncated_total: 'a text too long to be read whole',
  'glassgate_retrieval_outcome="degraded"': 'a search that fails',
  'glassgate_stage_outcome="failed"': 'a step that breaks',
  glassgate_answers_not_recorded_total: 'a lost answer record',
  glassgate_log_dropped_total: 'a reader of standard output that is too slow',
  glassgate_relay_dropped_total: 'a message that the robot refuses for good',
  glassgate_requests_rejected_total: 'too many requests at once',
  glassgate_requests_waiting: 'a request that waits for a place',
  glassgate_upstream_usage_missing_total: 'an upstream without usage',
  'otel_sdk_processor_span_processed_total{error_type!=""}': 'a span that cannot be exported',
  otelcol_exporter_enqueue_failed_: 'a full queue of the Collector',
  otelcol_exporter_send_failed_: 'a store that refuses',
  loki_discarded_samples_total: 'a line that Loki refuses',
  'status_code=~"5.."': 'a fault in Loki or Tempo',
  tempo_discarded_spans_total: 'a span that Tempo refuses',
  tempodb_blocklist_length: 'the first block, some minutes after the start of Tempo',
};
const DEADLINE_MS = 150_000;
/** Seldom enough that looking is no load of its own. */
const POLL_MS = 1000;

const { urls, gateway, model } = inject('sharedStack');
const QUERIES = DASHBOARDS.flatMap((dashboard) => queriesOf(dashboard));
const withData = new Set<PanelQuery>();
const ending = new AsyncDisposableStack();
let vllmPrometheus = '';

/** Why a query cannot be asked on this machine; undefined when it can. */
function whyNotHere({ language, expression }: PanelQuery): string | undefined {
  if (urls.tempo !== undefined) return undefined;
  if (language === 'traceql') return 'TraceQL needs Tempo, which is not installed; its grammar accepts it';
  return /\btempo(db)?_/.test(expression) ? "Tempo's own metrics: Tempo is not installed" : undefined;
}

function isAboutVllm({ language, expression }: PanelQuery): boolean {
  return language === 'promql' && /vllm:|job="vllm"/.test(expression);
}

function ask(query: PanelQuery): Promise<Found[]> {
  const expression = withoutVariables(query.expression);
  if (query.language === 'logql') return askLoki(urls.loki, expression);
  if (query.language === 'traceql') return askTempo(urls.tempo ?? '', expression);
  return askPrometheus(isAboutVllm(query) ? vllmPrometheus : urls.prometheus, expression, query.instant);
}

/** Whether there is something to draw, and the labels that its name is made of. */
async function returnsData(query: PanelQuery): Promise<boolean> {
  const found = (await ask(query)).filter(({ count }) => count > 0);
  const needed = [...query.legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  const named = needed.every((label) => found.some(({ labels }) => label in labels));
  return found.length > 0 && (named || found.every(({ labels }) => Object.values(labels).includes('none')));
}

function nameOf({ dashboard, panel, expression }: PanelQuery): string {
  return `${dashboard}: ${panel}: ${withoutVariables(expression)}`;
}

/** A thumb that is given and taken back: steady traffic does not do that. */
async function withdrawFeedback(): Promise<void> {
  const post = (path: string, body: object) =>
    fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const question = { role: 'user', content: 'Which port does the chat page have?' };
  const answer = await post('/v1/chat/completions', { model, messages: [question] });
  await answer.text();
  const answerId = answer.headers.get('x-glassgate-answer-id');
  for (const rating of ['down', null]) {
    const stored = await post('/v1/feedback', { answer_id: answerId, rating });
    expect(stored.status).toBe(200);
  }
}

/** What is slow, and waits in a vLLM: the model server of these tests is quick and makes no spans. */
async function sendSlowRequest(): Promise<void> {
  const traceId = newTraceId();
  const [request, chat] = [newTraceId().slice(16), newTraceId().slice(16)];
  const queued = { 'gen_ai.latency.time_in_queue': 2.5 };
  const spans = [
    { name: 'POST /v1/chat/completions', traceId, spanId: request, durationMs: 4000 },
    { name: 'retrieval slow', traceId, parentSpanId: request, durationMs: 400, kind: 3 },
    { name: 'chat slow', traceId, spanId: chat, parentSpanId: request, durationMs: 3000, kind: 3 },
    { name: 'llm_request', traceId, parentSpanId: chat, durationMs: 3000, attributes: queued },
  ];
  const taken = await fetch(`${urls.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // Not as the gateway: its ledger must not hold what it never served.
    body: JSON.stringify(traceBody(spans, { resource: { 'service.name': 'slow' } })),
  });
  expect(taken.status).toBe(200);
}

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'glassgate-dashboards-'));
  ending.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const replayed = ending.use(await startReplayedVllm());
  // Its own, so that a replayed page raises no alerts in the stack that others look at.
  const stack = ending.use(await startStack({ folder, parts: ['prometheus'], alertTiming: 'short' }));
  stack.setTargets('vllm', [replayed.address]);
  vllmPrometheus = stack.urls.prometheus;
  await withdrawFeedback();
  await sendSlowRequest();
});

afterAll(async () => {
  await ending.disposeAsync();
  process.stdout.write(`\n${table()}\n\nNot run here:\n${notRunHere()}\n\n`);
});

describe.each(DASHBOARDS.map(({ uid = '' }) => uid))('%s', (uid) => {
  const queries = QUERIES.filter(({ dashboard }) => dashboard === uid);

  test('every query of every panel returns data', async () => {
    const open = new Set(queries.filter((query) => whyNotHere(query) === undefined));
    const look = async () => {
      for (const query of open) {
        if (!(await returnsData(query))) continue;
        withData.add(query);
        open.delete(query);
      }
      return open.size === 0;
    };
    await vi.waitUntil(look, { timeout: DEADLINE_MS, interval: POLL_MS }).catch(() => undefined);
    expect([...open].map(nameOf)).toEqual([]);
  });
});

test('what every query selects is there, or is one of the things that only a fault brings', async () => {
  const asked = QUERIES.filter((query) => query.language === 'promql' && whyNotHere(query) === undefined);
  const absent = new Set<string>();
  for (const query of asked) {
    const url = isAboutVllm(query) ? vllmPrometheus : urls.prometheus;
    for (const selector of selectorsIn(withoutVariables(query.expression))) {
      const found = await askPrometheus(url, `count(${selector})`, true);
      if (found.length === 0) absent.add(selector);
    }
  }
  const rare = Object.keys(ONLY_WHEN_IT_HAPPENS);
  expect([...absent].filter((selector) => !rare.some((part) => selector.includes(part)))).toEqual([]);
  const all = QUERIES.map(({ expression }) => expression).join('\n');
  expect(rare.filter((part) => !all.includes(part))).toEqual([]);
});

test('latency panels have exemplars, and each is the id of a trace', async () => {
  const queries = QUERIES.filter(({ exemplars }) => exemplars);
  expect(queries.length).toBeGreaterThan(3);
  for (const query of queries) {
    const ids = await exemplarsOf(urls.prometheus, withoutVariables(query.expression));
    expect(ids.length, nameOf(query)).toBeGreaterThan(0);
    expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
  }
});

test('every variable has something to choose from', async () => {
  for (const { templating } of DASHBOARDS) {
    for (const variable of templating.list ?? []) {
      const query = variable.query as string;
      const [, metric = '', label = ''] = /^label_values\((\S+), (\w+)\)$/.exec(query) ?? [];
      const url = metric.startsWith('vllm:') ? vllmPrometheus : urls.prometheus;
      expect(await labelValues(url, metric, label), query).not.toEqual([]);
    }
  }
});

test('Loki accepts the queries of links into Explore', async () => {
  const queries = DASHBOARDS.flatMap((dashboard) => exploreQueriesOf(dashboard));
  const logs = new Set(
    queries.flatMap(({ language, expression }) => (language === 'logql' ? [expression] : [])),
  );
  expect(logs.size).toBeGreaterThan(3);
  for (const expression of logs) await askLoki(urls.loki, expression);
});

test('a query that finds nothing is seen as such', async () => {
  const numbers = (expression: string) => askPrometheus(urls.prometheus, expression, true);
  expect(await numbers('glassgate_no_such_metric')).toEqual([]);
  expect((await numbers('0 / (up - up)')).filter(({ count }) => count > 0)).toEqual([]);
  expect(await askLoki(urls.loki, '{service_name="nobody"}')).toEqual([]);
  await expect(numbers('sum(')).rejects.toThrow('sum(');
});

function table(): string {
  const rows = DASHBOARDS.map(({ uid = '', panels = [] }) => {
    const queries = QUERIES.filter(({ dashboard }) => dashboard === uid);
    const notHere = queries.filter((query) => whyNotHere(query) !== undefined);
    const drawn = panels.filter(({ type }) => type !== 'row');
    return [
      uid,
      drawn.length,
      queries.length,
      queries.filter((query) => withData.has(query)).length,
      notHere.length,
    ];
  });
  const total = [1, 2, 3, 4].map((column) => rows.reduce((sum, row) => sum + Number(row[column]), 0));
  return [['dashboard', 'panels', 'queries', 'with data', 'not here'], ...rows, ['all', ...total]]
    .map(([name, ...numbers]) =>
      [String(name).padEnd(22), ...numbers.map((n) => String(n).padStart(10))].join(''),
    )
    .join('\n');
}

function notRunHere(): string {
  return QUERIES.flatMap((query) => {
    const reason = whyNotHere(query);
    return reason === undefined ? [] : [`  ${query.dashboard}: ${query.panel}: ${reason}`];
  }).join('\n');
}
