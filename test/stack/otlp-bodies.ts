import { randomBytes } from 'node:crypto';

/** A value of an attribute; a list becomes an OTLP array. */
export type PlainValue = string | number | boolean | readonly string[];

/** One span of a request body, everything but its name optional. */
export interface PlainSpan {
  readonly name: string;
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly attributes?: Readonly<Record<string, PlainValue>>;
  readonly event?: Readonly<Record<string, PlainValue>>;
  readonly durationMs?: number;
  readonly failed?: boolean;
  readonly kind?: number;
}

/** Who sends: resource attributes and the instrumentation scope. */
export interface Sender {
  readonly resource?: Readonly<Record<string, PlainValue>>;
  readonly scope?: string;
}

/** A trace id that nobody has used. */
export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** OTLP request of the given spans, ending now. */
export function traceBody(spans: readonly PlainSpan[], sender: Sender = {}): unknown {
  const endMs = Date.now();
  return {
    resourceSpans: [
      {
        resource: resourceOf(sender),
        scopeSpans: [
          { scope: { name: sender.scope ?? 'test' }, spans: spans.map((span) => spanOf(span, endMs)) },
        ],
      },
    ],
  };
}

function spanOf(span: PlainSpan, endMs: number): unknown {
  return {
    traceId: span.traceId ?? newTraceId(),
    spanId: span.spanId ?? randomBytes(8).toString('hex'),
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: span.kind ?? 2,
    startTimeUnixNano: nanoseconds(endMs - (span.durationMs ?? 10)),
    endTimeUnixNano: nanoseconds(endMs),
    attributes: attributesOf(span.attributes),
    ...(span.event === undefined
      ? {}
      : {
          events: [{ name: 'event', timeUnixNano: nanoseconds(endMs), attributes: attributesOf(span.event) }],
        }),
    ...(span.failed === true ? { status: { code: 2, message: 'free text of a failure' } } : {}),
  };
}

/** OTLP request of one log record. */
export function logBody(
  record: {
    readonly body: unknown;
    readonly attributes?: Readonly<Record<string, PlainValue>>;
    readonly traceId?: string;
    readonly timeMs?: number;
  },
  sender: Sender = {},
): unknown {
  const logRecord = {
    timeUnixNano: nanoseconds(record.timeMs ?? Date.now()),
    severityNumber: 9,
    severityText: 'INFO',
    body: record.body,
    attributes: attributesOf(record.attributes),
    ...(record.traceId === undefined ? {} : { traceId: record.traceId, spanId: '0123456789abcdef' }),
  };
  return {
    resourceLogs: [
      { resource: resourceOf(sender), scopeLogs: [{ scope: { name: 'test' }, logRecords: [logRecord] }] },
    ],
  };
}

/** OTLP request of one counter with one data point. */
export function counterBody(
  name: string,
  value: number,
  labels: Readonly<Record<string, PlainValue>>,
  timeMs = Date.now(),
): unknown {
  const dataPoint = {
    startTimeUnixNano: nanoseconds(timeMs - 1000),
    timeUnixNano: nanoseconds(timeMs),
    asInt: String(value),
    attributes: attributesOf(labels),
  };
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [dataPoint] };
  return {
    resourceMetrics: [
      { resource: resourceOf({}), scopeMetrics: [{ scope: { name: 'test' }, metrics: [{ name, sum }] }] },
    ],
  };
}

function resourceOf({ resource }: Sender): unknown {
  return { attributes: attributesOf({ 'service.name': 'test-sender', ...resource }) };
}

function attributesOf(values: Readonly<Record<string, PlainValue>> = {}): unknown[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: PlainValue): unknown {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number')
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((stringValue) => ({ stringValue })) } };
}

function nanoseconds(ms: number): string {
  return `${BigInt(Math.round(ms)) * 1_000_000n}`;
}
