import { describe, expect, inject, it } from 'vitest';
import { queryLoki } from '../stack/query-stores.ts';
import { metricValue } from '../support/metric-value.ts';
import { waitUntil } from '../support/wait-until.ts';
import { askGateway, chunksOf, recordOf, textIn } from './ask-vllm.ts';
import { operationsOf, spanOf, traceWith, type TimedSpan } from './read-trace.ts';

const { urls, model } = inject('sharedVllm');
const QUESTION = 'How do I point Glassgate at a model server?';
const TREE = [
  'POST /v1/chat/completions',
  'apply_guardrail input',
  'retrieval handbook',
  'apply_guardrail context',
  'assemble_prompt',
  `chat ${model}`,
  'llm_request',
  'apply_guardrail output',
];
/** vLLM's clock is that of the same machine; what remains is rounding and the way of a byte. */
const TOLERANCE_MS = 20;

/** The trace as lines: when each span began and how long it took, in milliseconds. */
function waterfall(spans: readonly TimedSpan[]): string {
  const startMs = Math.min(...spans.map((span) => span.startMs));
  return spans
    .toSorted((a, b) => a.startMs - b.startMs)
    .map((span) => {
      const times = [span.startMs - startMs, span.endMs - span.startMs].map((ms) =>
        ms.toFixed(1).padStart(9),
      );
      return `${times.join('')}  ${span.service} ${span.name}\n`;
    })
    .join('');
}

describe.each([
  { how: 'in one piece', stream: false },
  { how: 'as a stream', stream: true },
])('one question, answered $how', ({ stream }) => {
  it("makes one trace in which vLLM's span is below the model call and inside its time", async () => {
    const requestId = `vllm-trace-${String(stream)}`;
    const response = await askGateway(QUESTION, {
      fields: { stream, stream_options: stream ? { include_usage: true } : undefined },
      headers: { 'x-request-id': requestId },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toBe(requestId);
    await response.text();
    const spans = await traceWith(response.headers.get('x-glassgate-trace-id') ?? '', TREE);
    expect(spans.map(({ name }) => name).toSorted()).toEqual(TREE.toSorted());

    process.stdout.write(waterfall(spans));

    const [root, chat, inVllm] = [TREE[0] ?? '', `chat ${model}`, 'llm_request'].map((name) =>
      spanOf(spans, name),
    );
    expect(root?.parentId).toBeUndefined();
    for (const span of spans.filter(({ id }) => id !== root?.id && id !== inVllm?.id)) {
      expect(span).toMatchObject({ service: 'glassgate', parentId: root?.id });
    }
    expect(inVllm).toMatchObject({ service: 'vllm', parentId: chat?.id, tags: { 'span.kind': 'server' } });
    expect(inVllm?.startMs).toBeGreaterThanOrEqual((chat?.startMs ?? 0) - TOLERANCE_MS);
    expect(inVllm?.endMs).toBeLessThanOrEqual((chat?.endMs ?? 0) + TOLERANCE_MS);

    // One id leads through both: caller's header, gateway's span, vLLM's span.
    const completionId = `chatcmpl-${requestId}`;
    expect(root?.tags['glassgate.request.id']).toBe(requestId);
    expect(chat?.tags['gen_ai.response.id']).toBe(completionId);
    expect(inVllm?.tags['gen_ai.request.id']).toBe(completionId);

    // Current names, by the Collector; both sides count the same tokens.
    for (const tokens of ['gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens']) {
      expect(inVllm?.tags[tokens]).toBeGreaterThan(0);
      expect(inVllm?.tags[tokens]).toBe(chat?.tags[tokens]);
    }
    const old = ['gen_ai.usage.prompt_tokens', 'gen_ai.usage.completion_tokens', 'gen_ai.request.n'];
    expect(Object.keys(inVllm?.tags ?? {})).toEqual(expect.not.arrayContaining(old));
    expect(inVllm?.tags).toMatchObject({ 'gen_ai.request.max_tokens': 24, 'gen_ai.request.choice.count': 1 });
    for (const phase of ['e2e', 'time_in_queue', 'time_to_first_token', 'time_in_model_decode']) {
      // The store gives very small numbers as text.
      expect(Number(inVllm?.tags[`gen_ai.latency.${phase}`]), phase).toBeGreaterThan(0);
    }
  });
});

it('leads from the trace to the log line of the request', async () => {
  const response = await askGateway(QUESTION);
  await response.text();
  const traceId = response.headers.get('x-glassgate-trace-id') ?? '';
  const query = `{service_name="glassgate"} | trace_id="${traceId}"`;
  const line = await waitUntil('the log line', async () =>
    (await queryLoki(urls.loki, query)).find(({ line: event }) => event === 'request.completed'),
  );
  expect(line.labels).toMatchObject({ glassgate_outcome: 'answered', http_response_status_code: '200' });
});

it('gives the model the passages of the handbook and the caller an answer', async () => {
  const fields = { stream: true, return_prompt_text: true, max_tokens: 40 };
  const response = await askGateway(QUESTION, { fields });
  let [answer, prompt, answerId] = ['', '', ''];
  for await (const chunk of chunksOf(response)) {
    answer += textIn(chunk);
    prompt += chunk.prompt_text ?? '';
    answerId = chunk.glassgate?.answer_id ?? answerId;
  }
  expect(answer.trim().length).toBeGreaterThan(10);
  const record = await recordOf(answerId);
  expect(record).toMatchObject({ outcome: 'answered', question: QUESTION, answer });
  const shown = record.passages.filter(({ n }) => n !== null);
  expect(shown.length).toBeGreaterThan(0);
  expect(prompt).toContain(QUESTION);
  // Each line of a passage begins with the mark of this request.
  const unmarked = prompt.replaceAll(/^[0-9a-f]{2}\| /gm, '');
  for (const { text } of shown) expect(unmarked).toContain(text);
});

it('keeps the spans of its start out of the store', async () => {
  const page = await (await fetch(urls.collectorMetrics)).text();
  // They did come: a dozen, filtered by the Collector.
  expect(metricValue(page, 'otelcol_processor_filter_spans_filtered')).toBeGreaterThanOrEqual(10);
  expect(await operationsOf('vllm')).toEqual(['llm_request']);
});
