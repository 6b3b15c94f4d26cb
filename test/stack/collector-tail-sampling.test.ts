import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { startCollector, type CollectorUnderTest } from './collector-under-test.ts';
import { newTraceId, traceBody, type PlainSpan } from './otlp-bodies.ts';

const ANSWERED = { 'http.route': '/v1/chat/completions', 'glassgate.outcome': 'answered' };
/** Root spans that say themselves why they are kept. */
const KEPT: Readonly<Record<string, Omit<PlainSpan, 'name'>>> = {
  error: { failed: true },
  blocked: { attributes: { 'glassgate.outcome': 'blocked' } },
  failed: { attributes: { 'glassgate.outcome': 'failed' } },
  aborted: { attributes: { 'glassgate.outcome': 'aborted' } },
  'passage set aside': { attributes: { ...ANSWERED, 'gen_ai.guardrail.result.value': 'block' } },
  slow: { attributes: ANSWERED, durationMs: 5400 },
  feedback: { attributes: { 'http.route': '/v1/feedback' } },
};
const SHARE = 25;
const ORDINARY = Array.from({ length: 400 }, () => ({
  name: 'ordinary',
  traceId: newTraceId(),
  attributes: ANSWERED,
  durationMs: 4000,
}));
const DECIDED = 'otelcol_processor_tail_sampling_global_count_traces_sampled';

let collector: CollectorUnderTest;
beforeAll(async () => {
  collector = await startCollector({
    files: ['tail-sampling.yaml'],
    environment: {
      GLASSGATE_STACK_SAMPLING_WAIT: '4s',
      GLASSGATE_STACK_SAMPLING_WAIT_AFTER_ROOT: '1s',
      GLASSGATE_STACK_SAMPLING_PERCENT: String(SHARE),
    },
  });
});
afterAll(() => collector[Symbol.asyncDispose]());

describe('tail sampling, when it is switched on', () => {
  it('keeps all that went wrong, a share of the rest, and counts everything', async () => {
    for (const [name, span] of Object.entries(KEPT))
      await collector.send('traces', traceBody([{ name, ...span }]));
    await collector.send('traces', traceBody(ORDINARY));
    const all = ORDINARY.length + Object.keys(KEPT).length;
    await waitUntil('every trace is decided', async () => (await collector.counter(DECIDED)) === all, 20_000);
    const expected = await collector.counter(DECIDED, 'sampled="true"');
    await waitUntil('all kept traces are sent', () => collector.spans().length === expected);
    const kept = collector.spans().map(({ name }) => name);
    expect(Object.keys(KEPT).filter((name) => !kept.includes(name))).toEqual([]);
    const share = kept.filter((name) => name === 'ordinary').length;
    // Six standard deviations of a fair draw of 400.
    expect(share).toBeGreaterThan(ORDINARY.length * 0.12);
    expect(share).toBeLessThan(ORDINARY.length * 0.38);
    await waitUntil('metrics of all', () => callsOf('ordinary') === ORDINARY.length);
  });

  it('lets spans that arrive after the decision follow it', async () => {
    const sent = new Set(collector.spans().map(({ traceId }) => traceId));
    const kept = ORDINARY.find(({ traceId }) => sent.has(traceId))?.traceId ?? '';
    const dropped = ORDINARY.find(({ traceId }) => !sent.has(traceId))?.traceId ?? '';
    const late = { parentSpanId: '00000000000000aa', failed: true };
    await collector.send('traces', traceBody([{ ...late, name: 'late for nothing', traceId: dropped }]));
    await collector.send('traces', traceBody([{ ...late, name: 'late', traceId: kept }]));
    await collector.send('traces', traceBody([{ name: 'after them', failed: true }]));
    const came = (name: string): boolean => collector.spans().some((span) => span.name === name);
    await waitUntil('the late span of a kept trace', () => came('late'));
    await waitUntil('a trace that began after them', () => came('after them'), 20_000);
    expect(came('late for nothing')).toBe(false);
  });
});

/** Calls of one span name, from the newest metrics that were sent. */
function callsOf(spanName: string): number {
  const sent = collector.sent('metrics');
  const points = [...sent.matchAll(/"attributes":(\[(?:(?!"attributes").)*?\]),[^{}]*"asInt":"(\d+)"/g)];
  const counts = points
    .filter(([, labels = '']) => labels.includes(`"${spanName}"`))
    .map(([, , count]) => Number(count));
  return Math.max(0, ...counts);
}
