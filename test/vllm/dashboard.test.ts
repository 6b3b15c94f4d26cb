import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { DASHBOARDS } from '../../grafana/source/dashboards.ts';
import { queriesOf, withoutVariables, type PanelQuery } from '../../grafana/source/panel-queries.ts';
import { metricsIn } from '../../grafana/source/query-syntax.ts';
import { askPrometheus, labelValues } from '../stack/ask-store.ts';
import { queryPrometheus, sampleOf } from '../stack/query-stores.ts';
import { waitUntil } from '../support/wait-until.ts';
import { askGateway, occupyVllm, askDirectly } from './ask-vllm.ts';
import { PLACES } from './shared-vllm.ts';

const { urls, address, model } = inject('sharedVllm');
const DEADLINE_MS = 120_000;
/** Of every dashboard, what is about vLLM; TraceQL needs Tempo, and the other queries have their own test. */
const QUERIES = DASHBOARDS.flatMap((dashboard) => queriesOf(dashboard)).filter(
  ({ language, dashboard, expression }) =>
    language === 'promql' && (dashboard === 'glassgate-vllm' || /vllm:|job="vllm"/.test(expression)),
);
const ending = new AbortController();
let traffic = Promise.resolve();

/** One short question after the other, whole and streamed, now and then one whose caller leaves. */
async function keepAsking(): Promise<void> {
  for (let turn = 0; !ending.signal.aborted; turn += 1) {
    const leaving = AbortSignal.any([ending.signal, ...(turn % 4 === 3 ? [AbortSignal.timeout(300)] : [])]);
    const fields = { stream: turn % 2 === 0, max_tokens: 12 };
    const asking = askGateway('Which port does the chat page have?', { fields, signal: leaving });
    await asking.then((response) => response.text()).catch(() => undefined);
  }
}

beforeAll(async () => {
  const { release } = await occupyVllm(PLACES.running, PLACES.waiting);
  await (await askDirectly('Is there room?')).text();
  release();
  traffic = keepAsking();
});
afterAll(async () => {
  ending.abort();
  await traffic;
});

test("every panel about vLLM has data from vLLM's own page", async () => {
  expect(QUERIES.length).toBeGreaterThan(15);
  const open = new Set(QUERIES);
  const look = async () => {
    for (const query of open) {
      const found = await askPrometheus(urls.prometheus, withoutVariables(query.expression), query.instant);
      if (found.some(({ count }) => count > 0)) open.delete(query);
    }
    return open.size === 0;
  };
  await waitUntil('all panels have data', look, DEADLINE_MS).catch(() => undefined);
  expect([...open].map(nameOf)).toEqual([]);
  process.stdout.write(`${QUERIES.length} queries about vLLM have data\n`);
});

test('its metrics are stored with their colons and under the labels that panels choose by', async () => {
  const present = new Set(await labelValues(urls.prometheus, '{__name__=~".+"}', '__name__'));
  const named = new Set(QUERIES.flatMap(({ expression }) => metricsIn(withoutVariables(expression))));
  expect([...named].filter((name) => !present.has(name))).toEqual([]);
  const [running] = await queryPrometheus(urls.prometheus, 'vllm:num_requests_running');
  expect(running?.metric).toMatchObject({ model_name: model, engine: '0', job: 'vllm', instance: address });
});

test('callers who left: vLLM has a label for them and counts none, the gateway does', async () => {
  const numberOf = async (expression: string) =>
    sampleOf(await queryPrometheus(urls.prometheus, `sum(${expression})`)) ?? 0;
  const left = 'glassgate_answers_total{glassgate_outcome="aborted"}';
  await waitUntil('aborted answers are stored', async () => (await numberOf(left)) > 0, DEADLINE_MS);
  expect(await numberOf('vllm:request_success_total{finished_reason=~"stop|length"}')).toBeGreaterThan(0);
  const samples = await queryPrometheus(
    urls.prometheus,
    'vllm:request_success_total{finished_reason="abort"}',
  );
  expect(samples.map(({ value }) => value[1])).toEqual(['0']);
});

test('its page is a bounded number of series', async () => {
  const series = sampleOf(await queryPrometheus(urls.prometheus, 'count({job="vllm"})')) ?? 0;
  process.stdout.write(`${series} series of vLLM are stored\n`);
  expect(series).toBeGreaterThan(100);
  expect(series).toBeLessThan(1000);
});

function nameOf({ dashboard, panel, expression }: PanelQuery): string {
  return `${dashboard}: ${panel}: ${withoutVariables(expression)}`;
}
