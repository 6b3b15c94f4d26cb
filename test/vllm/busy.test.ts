import { expect, inject, it } from 'vitest';
import { readRecording } from '../support/recorded-replies.ts';
import { waitUntil } from '../support/wait-until.ts';
import { askDirectly, askGateway, gatewayMetric, occupyVllm, vllmMetric } from './ask-vllm.ts';
import { spanOf, traceWith } from './read-trace.ts';
import { PLACES } from './shared-vllm.ts';
import { shapeOf } from './shape-of.ts';

const { model } = inject('sharedVllm');

it('a full vLLM refuses as it was recorded, and the gateway tries again until there is room', async () => {
  const { release } = await occupyVllm(PLACES.running, PLACES.waiting);
  const overloaded = () =>
    gatewayMetric('glassgate_upstream_attempts_total', {
      glassgate_upstream_outcome: 'upstream_overloaded',
    });
  try {
    const refused = await askDirectly('Is there room?');
    const recorded = readRecording('error-busy');
    expect(refused.status).toBe(recorded.status);
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(shapeOf(await refused.json())).toEqual(shapeOf(JSON.parse(recorded.body ?? '')));
    expect(
      await vllmMetric('vllm:admission_rejections_total', { reason: 'max_num_queued_reqs' }),
    ).toBeGreaterThan(0);

    const before = await overloaded();
    const answer = askGateway('Is there room now?');
    await waitUntil('a refused attempt', async () => (await overloaded()) > before);
    release();
    const response = await answer;
    expect(response.status).toBe(200);
    const name = `chat ${model}`;
    const spans = await traceWith(response.headers.get('x-glassgate-trace-id') ?? '', [name, 'llm_request']);
    expect(spanOf(spans, name).tags['glassgate.upstream.attempts']).toBeGreaterThan(1);
    expect(spans.filter((span) => span.name === 'llm_request')).toHaveLength(1);
  } finally {
    release();
  }
});
