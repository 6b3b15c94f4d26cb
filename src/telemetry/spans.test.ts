import { diag, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { installTelemetryProbe } from '../../test/support/telemetry-probe.ts';
import { SCOPE_NAME, SCOPE_VERSION } from './scope.ts';
import { SCHEMA_URL } from './semconv.ts';
import { openSpan } from './spans.ts';

const probe = installTelemetryProbe();

/** What the SDK complained of; each complaint would become a log event. */
const complaints: string[] = [];
const complain = (message: string) => void complaints.push(message);
const ignore = () => undefined;
diag.setLogger({ error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore });

afterEach(() => {
  vi.useRealTimers();
  expect(complaints).toEqual([]);
  expect(probe.liveSpans()).toBe(0);
  expect([...probe.endings().values()].every((count) => count === 1)).toBe(true);
  probe.reset();
});

function only(): ReadableSpan | undefined {
  expect(probe.spans()).toHaveLength(1);
  return probe.spans()[0];
}

describe('a span', () => {
  test('begins with name, kind and attributes, in the scope of this code', () => {
    const span = openSpan('chat m', { kind: SpanKind.CLIENT, attributes: { 'gen_ai.request.model': 'm' } });
    expect(probe.liveSpans()).toBe(1);
    span.end();
    expect(only()).toMatchObject({
      name: 'chat m',
      kind: SpanKind.CLIENT,
      attributes: { 'gen_ai.request.model': 'm' },
      status: { code: SpanStatusCode.UNSET },
      instrumentationScope: { name: SCOPE_NAME, version: SCOPE_VERSION, schemaUrl: SCHEMA_URL },
    });
  });

  test('without a parent begins a trace of its own', () => {
    const [one, other] = [openSpan('a', { kind: SpanKind.SERVER }), openSpan('b', { kind: SpanKind.SERVER })];
    one.end();
    other.end();
    expect(one.traceId).not.toBe(other.traceId);
    expect(probe.spans().map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined, undefined]);
  });

  test('with a parent goes on with its trace', () => {
    const parent = openSpan('a', { kind: SpanKind.SERVER });
    const child = openSpan('b', { kind: SpanKind.INTERNAL, parent: parent.context });
    child.end();
    parent.end();
    expect(child.traceId).toBe(parent.traceId);
    expect(probe.spans()[0]?.parentSpanContext?.spanId).toBe(parent.spanId);
  });

  test('takes nothing from what happens to be active', () => {
    const active = openSpan('a', { kind: SpanKind.SERVER });
    trace.getTracer('x').startActiveSpan('foreign', {}, active.context, (foreign) => {
      openSpan('b', { kind: SpanKind.SERVER }).end();
      foreign.end();
    });
    active.end();
    expect(probe.spans().find(({ name }) => name === 'b')?.parentSpanContext).toBeUndefined();
  });

  test('knows the context that children and upstreams are given', () => {
    const span = openSpan('a', { kind: SpanKind.SERVER });
    expect(trace.getSpanContext(span.context)).toMatchObject({ traceId: span.traceId, spanId: span.spanId });
    span.end();
  });

  test('may be linked when it begins and later', () => {
    const target = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
    const span = openSpan('a', { kind: SpanKind.SERVER, links: [{ context: target }] });
    span.link({ ...target, spanId: 'c'.repeat(16) });
    span.end();
    expect(only()?.links.map(({ context }) => context.spanId)).toEqual(['b'.repeat(16), 'c'.repeat(16)]);
  });

  test('learns more on its way', () => {
    const span = openSpan('a', { kind: SpanKind.SERVER, attributes: { one: 1, two: 1 } });
    span.annotate({ two: 2, three: 3 });
    span.end();
    expect(only()?.attributes).toEqual({ one: 1, two: 2, three: 3 });
  });
});

describe('the end', () => {
  test('is one, whoever says so how often', () => {
    const span = openSpan('a', { kind: SpanKind.SERVER });
    span.end('upstream_stalled');
    span.end();
    span.end('internal_error');
    expect(only()?.attributes['error.type']).toBe('upstream_stalled');
  });

  test('as a failure names it and is an error, without any text', () => {
    openSpan('a', { kind: SpanKind.SERVER }).end('upstream_stalled');
    expect(only()).toMatchObject({
      attributes: { 'error.type': 'upstream_stalled' },
      status: { code: SpanStatusCode.ERROR },
      events: [],
    });
    expect(only()?.status.message).toBeUndefined();
  });

  test('as abandoned names it and is no error', () => {
    openSpan('a', { kind: SpanKind.SERVER }).end('client_closed_request', { aborted: true });
    expect(only()).toMatchObject({
      attributes: { 'error.type': 'client_closed_request' },
      status: { code: SpanStatusCode.UNSET },
    });
  });

  test('is final: nothing is added to a span that has ended', () => {
    const span = openSpan('a', { kind: SpanKind.SERVER });
    span.end();
    span.annotate({ late: true });
    span.link({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED });
    expect(only()).toMatchObject({ attributes: {}, links: [] });
  });
});

describe('time', () => {
  const nanoseconds = ([seconds, rest]: [number, number]) => BigInt(seconds) * 1_000_000_000n + BigInt(rest);

  test('of a child lies within that of its parent, to the microsecond', () => {
    for (let count = 0; count < 50; count += 1) {
      const parent = openSpan('parent', { kind: SpanKind.SERVER });
      const child = openSpan('child', { kind: SpanKind.INTERNAL, parent: parent.context });
      child.end();
      parent.end();
    }
    const spans = probe.spans();
    for (const [index, child] of spans.entries()) {
      if (child.name !== 'child') continue;
      const parent = spans[index + 1];
      expect(parent?.name).toBe('parent');
      expect(nanoseconds(child.startTime)).toBeGreaterThanOrEqual(nanoseconds(parent?.startTime ?? [0, 0]));
      expect(nanoseconds(child.endTime)).toBeLessThanOrEqual(nanoseconds(parent?.endTime ?? [0, 0]));
    }
  });

  test('is that of the wall clock', () => {
    const before = Date.now();
    openSpan('a', { kind: SpanKind.SERVER }).end();
    const startMs = Number(nanoseconds(only()?.startTime ?? [0, 0])) / 1e6;
    expect(Math.abs(startMs - before)).toBeLessThan(1000);
  });

  test('follows a wall clock that was set, with the next request', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    openSpan('a', { kind: SpanKind.SERVER }).end();
    const startMs = Number(nanoseconds(only()?.startTime ?? [0, 0])) / 1e6;
    expect(Math.abs(startMs - Date.now())).toBeLessThan(1000);
    vi.useRealTimers();
    openSpan('b', { kind: SpanKind.SERVER }).end();
  });
});

test('a parent that is not sampled has children that are not', () => {
  const remote = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    traceFlags: TraceFlags.NONE,
    isRemote: true,
  };
  const span = openSpan('a', { kind: SpanKind.SERVER, parent: trace.setSpanContext(ROOT_CONTEXT, remote) });
  expect(span.traceId).toBe('a'.repeat(32));
  span.end();
  expect(probe.spans()).toEqual([]);
});
