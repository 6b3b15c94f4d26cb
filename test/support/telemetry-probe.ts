import { logs, metrics, propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
  type Span,
} from '@opentelemetry/sdk-trace';

/** One data point, its labels flattened. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, unknown>>;
  /** Sum of a counter, value of a gauge, count of a histogram. */
  readonly value: number;
}

/** Everything the process under test emits. */
export interface TelemetryProbe {
  spans(): readonly ReadableSpan[];
  /** Spans started and not ended. */
  liveSpans(): number;
  /** How often each span id was ended; more than once is a defect. */
  endings(): ReadonlyMap<string, number>;
  logs(): readonly ReadableLogRecord[];
  samples(): Promise<readonly Sample[]>;
  reset(): void;
}

/** Installs real SDK providers that keep everything in memory; once per test file, before the gateway starts. */
export function installTelemetryProbe(): TelemetryProbe {
  const spanExporter = new InMemorySpanExporter();
  const live = new Set<string>();
  const endings = new Map<string, number>();
  const counter = {
    onStart: (span: Span) => void live.add(span.spanContext().spanId),
    onEnd(span: ReadableSpan) {
      const { spanId } = span.spanContext();
      live.delete(spanId);
      endings.set(spanId, (endings.get(spanId) ?? 0) + 1);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [counter, new SimpleSpanProcessor({ exporter: spanExporter })] }),
  );
  const logExporter = new InMemoryLogRecordExporter();
  logs.setGlobalLoggerProvider(
    new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logExporter })] }),
  );
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: 3_600_000,
  });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return {
    spans: () => spanExporter.getFinishedSpans(),
    liveSpans: () => live.size,
    endings: () => endings,
    logs: () => logExporter.getFinishedLogRecords(),
    async samples() {
      const { resourceMetrics } = await reader.collect();
      return resourceMetrics.scopeMetrics.flatMap((scope) =>
        scope.metrics.flatMap((metric) =>
          metric.dataPoints.map((point) => ({
            name: metric.descriptor.name,
            labels: point.attributes,
            value:
              metric.dataPointType === DataPointType.HISTOGRAM
                ? (point.value as { count: number }).count
                : (point.value as number),
          })),
        ),
      );
    },
    reset() {
      spanExporter.reset();
      logExporter.reset();
      endings.clear();
    },
  };
}
