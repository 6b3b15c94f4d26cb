import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { afterEach, describe, expect, test } from 'vitest';
import { installTelemetryProbe } from '../../../test/support/telemetry-probe.ts';
import { ERROR_CODES, type ErrorCode } from '../../errors/codes.ts';
import { GatewayError } from '../../errors/gateway-error.ts';
import { createInstruments } from '../../telemetry/instruments.ts';
import { openSpan } from '../../telemetry/spans.ts';
import type { Exchange } from '../exchange.ts';
import { closeExchange, type ExchangeEnd } from './close-exchange.ts';

const probe = installTelemetryProbe();
const instruments = createInstruments();

afterEach(() => {
  expect(probe.liveSpans()).toBe(0);
  probe.reset();
});

async function durations(): Promise<ReadonlyMap<string, number>> {
  const samples = (await probe.samples()).filter(({ name }) => name === 'http.server.request.duration');
  return new Map(samples.map(({ labels, value }) => [JSON.stringify(labels), value]));
}

/** Closes an exchange and gathers what the three signals say of it. */
async function close(fields: Partial<Exchange> = {}, end: Partial<ExchangeEnd> = {}) {
  const before = await durations();
  const exchange: Exchange = {
    requestId: 'r-1',
    startedAt: performance.now() - 1500,
    span: openSpan('POST /v1/chat/completions', { kind: SpanKind.SERVER }),
    signal: new AbortController().signal,
    principal: { kind: 'local', id: 'loopback' },
    identityError: undefined,
    requestsPerMinute: 0,
    failure: undefined,
    answerId: undefined,
    ...fields,
  };
  closeExchange(exchange, { method: 'GET', route: '/v1/chat/completions', status: 200, ...end }, instruments);
  const after = await durations();
  const [counted] = [...after].filter(([labels, value]) => value !== (before.get(labels) ?? 0));
  const [line, fault] = probe.logs();
  return {
    span: probe.spans()[0],
    labels: JSON.parse(counted?.[0] ?? '{}') as Record<string, unknown>,
    line,
    fault,
  };
}

describe('a request that went well', () => {
  test('is told the same way by span, metric and line', async () => {
    const { span, labels, line, fault } = await close();
    const common = {
      'http.request.method': 'GET',
      'http.route': '/v1/chat/completions',
      'http.response.status_code': 200,
    };
    expect(span?.attributes).toEqual(common);
    expect(labels).toEqual(common);
    expect(line).toMatchObject({
      eventName: 'request.completed',
      severityText: 'INFO',
      attributes: { ...common, 'glassgate.request.id': 'r-1', 'glassgate.principal.kind': 'local' },
    });
    expect(line?.attributes['duration_s']).toBeGreaterThanOrEqual(1.5);
    expect(line?.attributes['duration_s']).toBeLessThan(3);
    expect(line?.spanContext?.spanId).toBe(span?.spanContext().spanId);
    expect(fault).toBeUndefined();
  });

  test('names its answer and how that ended', async () => {
    const { span, line, labels } = await close({ answerId: 'ans_1' });
    const told = { 'glassgate.answer.id': 'ans_1', 'glassgate.outcome': 'answered' };
    expect(span?.attributes).toMatchObject(told);
    expect(line?.attributes).toMatchObject(told);
    expect(labels).not.toHaveProperty('glassgate.answer.id');
  });

  test('at an address that is none has no route', async () => {
    const { span, labels } = await close({}, { route: undefined, status: 404 });
    expect([span?.attributes, labels].some((told) => 'http.route' in (told ?? {}))).toBe(false);
  });
});

describe('a request that failed', () => {
  test.each(Object.keys(ERROR_CODES).filter((code) => code !== 'client_closed_request') as ErrorCode[])(
    'with %s',
    async (code) => {
      const { status } = ERROR_CODES[code];
      const { span, labels, line } = await close({ failure: new GatewayError(code) }, { status });
      expect(span?.attributes).toMatchObject({
        'glassgate.error.code': code,
        'http.response.status_code': status,
      });
      expect(line?.attributes).toMatchObject({
        'glassgate.error.code': code,
        'http.response.status_code': status,
      });
      // Only a failure of ours or of the upstream is an error; a refusal is none.
      const isError = status >= 500;
      expect(span?.status.code).toBe(isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
      expect([span?.attributes['error.type'], labels['error.type']]).toEqual(
        isError ? [code, code] : [undefined, undefined],
      );
      expect(line?.severityText).toBe(isError ? 'ERROR' : 'WARN');
    },
  );

  test.each([
    ['question_blocked', 'blocked'],
    ['answer_blocked', 'blocked'],
    ['upstream_error', 'failed'],
    ['context_length_exceeded', 'failed'],
    ['shutting_down', 'failed'],
  ] as const)('after its answer had begun: %s is %s', async (code, outcome) => {
    const { span } = await close({ answerId: 'ans_1', failure: new GatewayError(code) });
    expect(span?.attributes['glassgate.outcome']).toBe(outcome);
  });
});

describe('a request whose caller left', () => {
  const signal = AbortSignal.abort(new GatewayError('client_closed_request'));

  test('is no error, and has the status of one who left', async () => {
    const failure = new GatewayError('client_closed_request');
    const { span, labels, line } = await close({ signal, failure, answerId: 'ans_1' });
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
    expect(span?.attributes).toMatchObject({
      'http.response.status_code': 499,
      'error.type': 'client_closed_request',
      'glassgate.outcome': 'aborted',
    });
    expect(labels).toMatchObject({ 'http.response.status_code': 499, 'error.type': 'client_closed_request' });
    expect(line?.severityText).toBe('WARN');
  });

  test('while the time of the process was over is a failure of ours', async () => {
    const reason = new GatewayError('shutting_down');
    const { span } = await close({ signal: AbortSignal.abort(reason), failure: reason, answerId: 'ans_1' });
    expect(span?.attributes).toMatchObject({ 'error.type': 'shutting_down', 'glassgate.outcome': 'failed' });
  });
});

describe('a fault of the gateway itself', () => {
  test('is the event request.failed, with where it happened and without what it says', async () => {
    const cause = new TypeError('password is swordfish');
    const { fault, span } = await close(
      { failure: new GatewayError('internal_error', { cause }) },
      { status: 500 },
    );
    expect(fault).toMatchObject({ eventName: 'request.failed', severityText: 'ERROR' });
    expect(fault?.attributes['exception.type']).toBe('TypeError');
    expect(fault?.attributes['exception.stacktrace']).toContain('close-exchange.test.ts');
    expect(fault?.spanContext?.spanId).toBe(span?.spanContext().spanId);
    expect(JSON.stringify(fault?.attributes)).not.toContain('swordfish');
  });

  test('may be one of a guard', async () => {
    const failure = new GatewayError('guard_failed', { cause: new TypeError('no such pattern') });
    const { fault } = await close({ failure }, { status: 500 });
    expect(fault?.attributes['exception.type']).toBe('TypeError');
  });

  test('is not a moderation service that is missing', async () => {
    const { fault } = await close({ failure: new GatewayError('guard_failed') }, { status: 500 });
    expect(fault).toBeUndefined();
  });

  test.each(['text', undefined, null, { a: 1 }])('may have been thrown as anything (%j)', async (cause) => {
    const { fault } = await close(
      { failure: new GatewayError('internal_error', { cause }) },
      { status: 500 },
    );
    expect(fault?.attributes).toEqual({ 'exception.type': 'unknown', 'exception.stacktrace': '' });
  });
});

test.each([
  [undefined, 'unknown'],
  [{ kind: 'key', id: 'secret-id' }, 'key'],
  [{ kind: 'forwarded', id: 'ann@example.org' }, 'forwarded'],
] as const)('who asked is told by kind and not by name: %j', async (principal, kind) => {
  const { line } = await close({ principal });
  expect(line?.attributes['glassgate.principal.kind']).toBe(kind);
  expect(JSON.stringify(line?.attributes)).not.toMatch(/secret-id|ann@/);
});
