import { SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { afterEach, describe, expect, test } from 'vitest';
import { installTelemetryProbe } from '../../test/support/telemetry-probe.ts';
import { GatewayError } from '../errors/gateway-error.ts';
import { openSpan } from '../telemetry/spans.ts';
import { requestContext, stageScope } from './__fixtures__/request.ts';
import { openStage, runStage, type Stage } from './stage.ts';

const probe = installTelemetryProbe();

afterEach(() => {
  expect(probe.liveSpans()).toBe(0);
  expect([...probe.endings().values()].every((count) => count === 1)).toBe(true);
  probe.reset();
});

function stage(
  run: Stage<string, string>['run'],
  fields: Partial<Stage<string, string>> = {},
): Stage<string, string> {
  return {
    name: 'retrieve',
    kind: SpanKind.INTERNAL,
    span: (input) => `retrieval ${input}`,
    attributes: (input) => ({ 'test.input': input }),
    run,
    describe: (output) => ({ attributes: { 'test.output': output } }),
    ...fields,
  };
}

function attributesOf(name: string): Attributes | undefined {
  return probe.spans().find((span) => span.name === name)?.attributes;
}

async function durations(outcome: string): Promise<number> {
  const samples = await probe.samples();
  return samples
    .filter(
      ({ name, labels }) =>
        name === 'glassgate.stage.duration' && labels['glassgate.stage.outcome'] === outcome,
    )
    .reduce((sum, { value }) => sum + value, 0);
}

describe('a step that goes well', () => {
  test.each([
    ['at once', (input: string) => `${input}!`],
    ['later', async (input: string) => Promise.resolve(`${input}!`)],
  ])('%s gives its result, one span, one duration and one row', async (_name, run) => {
    const scope = stageScope();
    const before = await durations('ok');
    expect(await runStage(stage(run), 'handbook', scope)).toBe('handbook!');
    expect(attributesOf('retrieval handbook')).toEqual({
      'test.input': 'handbook',
      'test.output': 'handbook!',
    });
    expect(scope.journal.stages).toMatchObject([{ stage: 'retrieve', outcome: 'ok' }]);
    expect(await durations('ok')).toBe(before + 1);
  });

  test('stands under the request, with its kind', async () => {
    const server = openSpan('POST /', { kind: SpanKind.SERVER });
    const scope = stageScope(requestContext({ telemetry: server.context }));
    await runStage(
      stage(() => 'x', { kind: SpanKind.CLIENT }),
      'a',
      scope,
    );
    server.end();
    const [step] = probe.spans();
    expect(step?.parentSpanContext?.spanId).toBe(server.spanId);
    expect(step?.spanContext().traceId).toBe(server.traceId);
    expect(step?.kind).toBe(SpanKind.CLIENT);
  });

  test('is told what every stage may know', async () => {
    const context = requestContext();
    let seen: unknown;
    await runStage(
      stage((_input, given) => ((seen = given), 'x')),
      'a',
      stageScope(context),
    );
    expect(seen).toBe(context);
  });

  test('takes nothing from the context that happens to be active and leaves none behind', async () => {
    await runStage(
      stage(() => (expect(trace.getActiveSpan()).toBeUndefined(), 'x')),
      'a',
      stageScope(),
    );
    expect(trace.getActiveSpan()).toBeUndefined();
  });
});

describe('a step that ends with a verdict', () => {
  test.each([
    ['block', 'blocked'],
    ['flag', 'ok'],
  ] as const)('%s is %s, and no error', async (action, outcome) => {
    const verdict = { action, rule: 'boundary-forgery', category: 'LLM01' };
    const scope = stageScope();
    await runStage(
      stage(() => 'x', { describe: () => ({ attributes: {}, verdict }) }),
      'a',
      scope,
    );
    expect(scope.journal.stages).toMatchObject([{ outcome, verdict }]);
    expect(probe.spans()[0]?.status.code).toBe(SpanStatusCode.UNSET);
  });
});

describe('a step that fails', () => {
  test.each<[string, unknown, string, string, SpanStatusCode]>([
    [
      'by an error of ours',
      new GatewayError('upstream_stalled'),
      'failed',
      'upstream_stalled',
      SpanStatusCode.ERROR,
    ],
    ['by any other error', new Error('secret'), 'failed', 'internal_error', SpanStatusCode.ERROR],
    ['by what is no error', 'secret', 'failed', 'internal_error', SpanStatusCode.ERROR],
    [
      'because the caller left',
      new GatewayError('client_closed_request'),
      'aborted',
      'client_closed_request',
      SpanStatusCode.UNSET,
    ],
  ])('%s', async (_name, thrown, outcome, type, status) => {
    const scope = stageScope();
    const before = await durations(outcome);
    const failing = stage(() => {
      throw thrown;
    });
    await expect(runStage(failing, 'a', scope)).rejects.toBe(thrown);
    await expect(
      runStage(
        stage(() => Promise.reject(thrown as Error)),
        'a',
        scope,
      ),
    ).rejects.toBe(thrown);
    expect(scope.journal.stages.map((row) => row.outcome)).toEqual([outcome, outcome]);
    for (const span of probe.spans()) {
      expect(span.attributes['error.type']).toBe(type);
      expect(span.status.code).toBe(status);
      expect(JSON.stringify([span.attributes, span.events, span.status])).not.toContain('secret');
    }
    expect(await durations(outcome)).toBe(before + 2);
  });

  test('in its own description fails all the same', async () => {
    const broken = stage(() => 'x', {
      describe: () => {
        throw new Error('describe');
      },
    });
    await expect(runStage(broken, 'a', stageScope())).rejects.toThrow('describe');
    expect(probe.spans()).toHaveLength(1);
  });
});

describe('a step that stays open', () => {
  test('ends when it is told to, and only once', () => {
    const scope = stageScope();
    const open = openStage(
      stage(() => ''),
      'a',
      scope,
    );
    expect(probe.liveSpans()).toBe(1);
    expect(scope.journal.stages).toEqual([]);
    open.end({ attributes: { 'test.output': 'first' } });
    open.end({ attributes: { 'test.output': 'second' } });
    open.fail(new Error('too late'));
    expect(scope.journal.stages).toMatchObject([{ outcome: 'ok' }]);
    expect(attributesOf('retrieval a')).toMatchObject({ 'test.output': 'first' });
    expect(probe.spans()[0]?.status.code).toBe(SpanStatusCode.UNSET);
  });

  test('that failed cannot go well afterwards', () => {
    const scope = stageScope();
    const open = openStage(
      stage(() => ''),
      'a',
      scope,
    );
    open.fail(new GatewayError('upstream_stalled'));
    open.end({ attributes: {} });
    expect(scope.journal.stages).toMatchObject([{ outcome: 'failed' }]);
    expect(attributesOf('retrieval a')?.['error.type']).toBe('upstream_stalled');
  });

  test('tells which span is its own', () => {
    const open = openStage(
      stage(() => ''),
      'a',
      stageScope(),
    );
    open.end({ attributes: {} });
    expect(probe.spans()[0]?.spanContext().spanId).toBe(open.span.spanId);
  });

  test('begins in the waterfall when it was opened', () => {
    const scope = stageScope(requestContext({ startedAt: performance.now() - 5000 }));
    const open = openStage(
      stage(() => ''),
      'a',
      scope,
    );
    open.end({ attributes: {} });
    const [row] = scope.journal.stages;
    expect(row?.startMs).toBeGreaterThanOrEqual(5000);
    expect(row?.durationMs).toBeLessThan(2500);
  });
});
