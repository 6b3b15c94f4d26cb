import { expect, inject, test } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';

const stack = inject('sharedStack');

/** Value of an instant query, summed over its series. */
async function queryPrometheus(query: string): Promise<number | undefined> {
  const response = await fetch(`${stack.urls.prometheus}/api/v1/query?${new URLSearchParams({ query })}`);
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  return data.result.length === 0
    ? undefined
    : data.result.reduce((sum, { value }) => sum + Number(value[1]), 0);
}

test('all kinds of traffic reach Prometheus by the one stored path, the scrape adds none', async () => {
  const outcomes = ['answered', 'blocked', 'failed', 'aborted'];
  for (const outcome of outcomes) {
    const query = `glassgate_answers_total{glassgate_outcome="${outcome}"}`;
    await waitUntil(
      `an answer that was ${outcome}`,
      async () => ((await queryPrometheus(query)) ?? 0) > 0,
      90_000,
    );
  }
  await waitUntil(
    'feedback',
    async () => ((await queryPrometheus('glassgate_feedback_ratings_total')) ?? 0) > 0,
    60_000,
  );
  await waitUntil('scrape', async () => (await queryPrometheus('up{job="glassgate-scrape"}')) === 1, 60_000);
  expect(await queryPrometheus('count({job="glassgate-scrape",__name__!~"up|scrape_.*"})')).toBeUndefined();
});

test('a log line names a trace that the trace store has', async () => {
  const query = '{service_name="glassgate"} | trace_id != ""';
  const traceId = await waitUntil(
    'a log line with a trace',
    async () => {
      const search = new URLSearchParams({ query, limit: '1' });
      const response = await fetch(`${stack.urls.loki}/loki/api/v1/query_range?${search}`);
      const { data } = (await response.json()) as { data: { result: { stream: Record<string, string> }[] } };
      return data.result[0]?.stream['trace_id'];
    },
    60_000,
  );
  const trace = `${stack.urls.traces}/api/traces/${traceId}`;
  await expect.poll(async () => (await fetch(trace)).status, { timeout: 30_000 }).toBe(200);
});
