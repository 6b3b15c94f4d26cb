import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startStack, type Stack } from '../../stack/start-stack.ts';
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  queryExemplars,
  queryJaeger,
  queryLoki,
  queryPrometheus,
  sampleOf,
  type LogLine,
} from './query-stores.ts';

interface DataSource {
  readonly uid: string;
  readonly jsonData: {
    readonly exemplarTraceIdDestinations?: readonly {
      readonly name: string;
      readonly datasourceUid: string;
    }[];
    readonly derivedFields?: readonly {
      readonly matcherType: string;
      readonly matcherRegex: string;
      readonly datasourceUid: string;
    }[];
    readonly tracesToLogsV2?: { readonly datasourceUid: string; readonly query: string };
    readonly tracesToMetrics?: {
      readonly tags: readonly { readonly key: string; readonly value: string }[];
      readonly queries: readonly { readonly name: string; readonly query: string }[];
    };
  };
}

/** From the end of a request until its signals can be seen; a busy machine may take twice as long. */
const PROMISED_MS = { log: 5000, trace: 5000, metric: 20_000 } as const;
const BUSY = 2;
const SPANS = [
  'POST /v1/chat/completions',
  'apply_guardrail context',
  'apply_guardrail input',
  'apply_guardrail output',
  'assemble_prompt',
  'chat glassgate-extractive',
  'llm_request',
  'retrieval handbook',
];
const ROOT_SPAN = 'traces_span_metrics_duration_seconds_bucket{span_name="POST /v1/chat/completions"}';

/** As Grafana reads them: `$$` is one dollar sign. */
const provisioned = parse(
  readFileSync(
    join(import.meta.dirname, '../../grafana/provisioning/datasources/datasources.yaml'),
    'utf8',
  ).replaceAll('$$', '$'),
) as { readonly datasources: readonly DataSource[] };

function linksOf(uid: string): DataSource['jsonData'] {
  const source = provisioned.datasources.find((candidate) => candidate.uid === uid);
  if (source === undefined) throw new Error(`no data source ${uid}`);
  return source.jsonData;
}

let folder: string;
let stack: Stack;
let gateway: GatewayProcess;
let answer: { traceId: string; answerId: string; endedAt: number };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'glassgate-round-trip-'));
  stack = await startStack({ folder });
  gateway = await startGateway({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: stack.urls.otlpHttp,
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=round-trip',
    },
  });
  answer = await ask();
});
afterAll(async () => {
  await gateway.stop();
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(): Promise<typeof answer> {
  const messages = [{ role: 'user', content: 'How do I point Glassgate at a model server?' }];
  const response = await post('/v1/chat/completions', { messages, stream: true });
  expect(response.status).toBe(200);
  await response.text();
  const header = (name: string): string => response.headers.get(`x-glassgate-${name}`) ?? '';
  return { traceId: header('trace-id'), answerId: header('answer-id'), endedAt: performance.now() };
}

async function post(path: string, body: object): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Waits for one signal of the answer and says how long after the answer's end it was there. */
async function arrival<T>(
  what: string,
  promisedMs: number,
  look: () => Promise<T | undefined | false>,
): Promise<T> {
  const leftMs = promisedMs * BUSY - (performance.now() - answer.endedAt);
  const seen = await waitUntil(what, look, Math.max(0, leftMs));
  const tookMs = Math.round(performance.now() - answer.endedAt);
  process.stdout.write(`${what}: ${tookMs} ms after the end of the request (promised ${promisedMs})\n`);
  return seen;
}

/** Where a Tempo is installed it has the trace as soon as Jaeger, and as many spans of it. */
async function arrivalInTempo(): Promise<void> {
  const { tempo } = stack.urls;
  if (tempo === undefined) return;
  await arrival('trace by id in Tempo', PROMISED_MS.trace, async () => {
    const response = await fetch(`${tempo}/api/traces/${answer.traceId}`);
    return (await response.text()).split('"spanId"').length - 1 === SPANS.length;
  });
}

const traceOf = (traceId: string) => queryJaeger(stack.urls.traces, traceId);

/** The log lines of a trace, found by the query that Grafana is given for this. */
async function linesOfTrace(traceId: string): Promise<readonly LogLine[]> {
  const query = linksOf('tempo').tracesToLogsV2?.query.replace('${__trace.traceId}', traceId) ?? '';
  return queryLoki(stack.urls.loki, query);
}

describe('one request through all stores', () => {
  it('is there in time, in each of them', async () => {
    const exemplarLabel = linksOf('prometheus').exemplarTraceIdDestinations?.[0]?.name ?? '';
    const found = await Promise.all([
      arrival('log', PROMISED_MS.log, async () =>
        (await linesOfTrace(answer.traceId)).find(({ line }) => line === 'request.completed'),
      ),
      arrival(
        'trace by id',
        PROMISED_MS.trace,
        async () => (await traceOf(answer.traceId)).length === SPANS.length,
      ),
      arrivalInTempo(),
      arrival(
        'metric',
        PROMISED_MS.metric,
        async () =>
          sampleOf(await queryPrometheus(stack.urls.prometheus, 'sum(glassgate_answers_total)')) === 1,
      ),
      arrival('exemplar', PROMISED_MS.metric, async () =>
        (await queryExemplars(stack.urls.prometheus, ROOT_SPAN)).some(
          ({ labels }) => labels[exemplarLabel] === answer.traceId,
        ),
      ),
    ]);
    expect(found[0].labels['trace_id']).toBe(answer.traceId);
  });

  it('leads from a bucket of a histogram to its trace, with every span in it', async () => {
    const link = linksOf('prometheus').exemplarTraceIdDestinations?.[0];
    expect(link?.datasourceUid).toBe('tempo');
    const [exemplar] = await queryExemplars(stack.urls.prometheus, ROOT_SPAN);
    const spans = await traceOf(exemplar?.labels[link?.name ?? ''] ?? '');
    expect(spans.map(({ name }) => name).sort()).toEqual([...SPANS].sort());
    expect(new Set(spans.map(({ service }) => service))).toEqual(
      new Set(['glassgate', 'glassgate-extractive-model']),
    );
    const root = spans.find(({ name }) => name === SPANS[0]);
    expect(root?.tags['glassgate.answer.id']).toBe(answer.answerId);
  });

  it('leads from the trace to its log lines, and from a line back to the trace', async () => {
    expect(linksOf('tempo').tracesToLogsV2?.datasourceUid).toBe('loki');
    const lines = await linesOfTrace(answer.traceId);
    expect(lines.map(({ line }) => line)).toContain('request.completed');
    const [field] = linksOf('loki').derivedFields ?? [];
    expect(field).toMatchObject({ matcherType: 'label', datasourceUid: 'tempo' });
    for (const { labels } of lines) {
      const name = Object.keys(labels).find((label) =>
        new RegExp(`^${field?.matcherRegex ?? ''}$`).test(label),
      );
      expect(await traceOf(labels[name ?? ''] ?? '')).toHaveLength(SPANS.length);
    }
  });

  it('leads from the trace to metrics of its service', async () => {
    const links = linksOf('tempo').tracesToMetrics;
    const tags = (links?.tags ?? []).map(
      ({ key, value }) => `${value}="${key === 'service.name' ? 'glassgate' : ''}"`,
    );
    expect(links?.queries).toHaveLength(3);
    // A rate needs two samples of a series that does not begin at zero.
    await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'Which ports are used?' }] });
    const answered = async ({ query }: { query: string }): Promise<boolean> =>
      (await queryPrometheus(stack.urls.prometheus, query.replaceAll('$__tags', tags.join(', ')))).length > 0;
    const isAboutFailures = ({ name }: { name: string }): boolean => name.startsWith('Failures');
    for (const link of (links?.queries ?? []).filter((query) => !isAboutFailures(query))) {
      await waitUntil(link.name, () => answered(link), 40_000);
    }
    // Nothing failed here: the query for failures is understood and finds nothing.
    const failures = (links?.queries ?? []).filter(isAboutFailures);
    expect(await Promise.all(failures.map(answered))).toEqual([false]);
  });

  it('has its thumb in the trace of the answer, not of the click', async () => {
    const stored = await post('/v1/feedback', { answer_id: answer.answerId, rating: 'down' });
    expect(stored.status).toBe(200);
    const thumb = await waitUntil('the thumb', async () =>
      (await linesOfTrace(answer.traceId)).find(({ line }) => line === 'gen_ai.evaluation.result'),
    );
    expect(thumb.labels['gen_ai_evaluation_score_label']).toBe('thumbs_down');
  });

  it('has lost nothing to redaction: every name the gateway uses is in the list', async () => {
    const redacted = '{service_name=~".+"} | redaction_redacted_count > 0';
    expect(await queryLoki(stack.urls.loki, redacted)).toEqual([]);
    expect(await queryLoki(stack.urls.loki, '{service_name="glassgate"}')).not.toEqual([]);
    for (const { tags } of await traceOf(answer.traceId)) {
      expect(Object.keys(tags).filter((key) => key.startsWith('redaction.'))).toEqual([]);
    }
  });

  it('makes no log stream of its own: ids are not among the labels of Loki', async () => {
    const response = await fetch(`${stack.urls.loki}/loki/api/v1/labels`);
    const { data } = (await response.json()) as { data: string[] };
    expect([...data].sort()).toEqual(['deployment_environment_name', 'service_name']);
  });
});
