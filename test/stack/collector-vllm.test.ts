import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { startCollector, type CollectorUnderTest } from './collector-under-test.ts';
import { traceBody, type PlainSpan } from './otlp-bodies.ts';

/** As vLLM 0.32 sends it, values shortened. */
const REQUEST: PlainSpan = {
  name: 'llm_request',
  attributes: {
    'gen_ai.request.id': 'chatcmpl-1',
    'gen_ai.request.max_tokens': 64,
    'gen_ai.request.n': 1,
    'gen_ai.request.top_p': 1.5,
    'gen_ai.usage.prompt_tokens': 12,
    'gen_ai.usage.completion_tokens': 34,
    'gen_ai.latency.time_to_first_token': 0.25,
    'gen_ai.latency.e2e': 1.5,
  },
};
const START_UP = ['Worker init', 'Load model', 'Load weights', 'EngineCoreProc init', 'Allocate KV cache'];

let collector: CollectorUnderTest;
beforeAll(async () => {
  collector = await startCollector();
});
afterAll(() => collector[Symbol.asyncDispose]());

describe("vLLM's spans in the Collector", () => {
  it('keeps the span of a request under current names', async () => {
    const sender = {
      scope: 'vllm.tracing.otel',
      resource: { 'vllm.instrumenting_module_name': 'vllm.llm_engine' },
    };
    await collector.send('traces', traceBody([REQUEST], sender));
    const { attributes } = await waitUntil('llm_request', () => collector.spans()[0]);
    expect(attributes).toEqual({
      'gen_ai.request.id': { stringValue: 'chatcmpl-1' },
      'gen_ai.request.max_tokens': { intValue: '64' },
      'gen_ai.request.choice.count': { intValue: '1' },
      'gen_ai.request.top_p': { doubleValue: 1.5 },
      'gen_ai.usage.input_tokens': { intValue: '12' },
      'gen_ai.usage.output_tokens': { intValue: '34' },
      'gen_ai.latency.time_to_first_token': { doubleValue: 0.25 },
      'gen_ai.latency.e2e': { doubleValue: 1.5 },
    });
  });

  it('drops the spans of its start, by scope or by resource, and counts them', async () => {
    const before = await collector.counter('otelcol_processor_filter_spans_filtered');
    const spans = START_UP.map((name) => ({ name, attributes: { 'code.filepath': '/somewhere/worker.py' } }));
    const resource = { 'vllm.instrumenting_module_name': 'vllm.engine_core' };
    await collector.send('traces', traceBody(spans, { scope: 'vllm.v1.worker.gpu_worker' }));
    await collector.send('traces', traceBody(spans, { resource }));
    await collector.send('traces', traceBody([{ name: 'Load model' }], { scope: 'vllmish' }));
    await waitUntil('what is not of vLLM', () => collector.spans().some(({ name }) => name === 'Load model'));
    expect(collector.spans().filter(({ name }) => START_UP.includes(name))).toHaveLength(1);
    expect((await collector.counter('otelcol_processor_filter_spans_filtered')) - before).toBe(10);
  });
});
