import { hostname } from 'node:os';
import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api';
import { getNodeAutoInstrumentations } from '@opentelemetry/auto-instrumentations-node';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { PeriodicExportingMetricReader, type IMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { log } from './log.ts';
import { SCOPE_NAME, SCOPE_VERSION } from './scope.ts';

/** Which process telemetry speaks for. */
export interface TelemetryOptions {
  readonly role: 'primary' | 'worker' | 'extractive-model' | 'local-model' | 'alert-relay';
  /** Stable number of a worker, so that a restart continues its series. */
  readonly slot?: number;
}

/** Running telemetry of one process. */
export interface Telemetry {
  /** Prometheus text of this process; every sample carries `worker="<slot>"` (or the role). */
  metricsText(): Promise<string>;
  /** Exports what is left, giving up after `timeoutMs`. */
  shutdown(timeoutMs: number): Promise<void>;
}

/** Sized for about 2,000 requests of seven spans; drops are counted in `otel.sdk.processor.{span,log}.processed`. */
const DEFAULTS = {
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'true',
  OTEL_BSP_MAX_QUEUE_SIZE: '16384',
  OTEL_BSP_SCHEDULE_DELAY: '2000',
  OTEL_BLRP_MAX_QUEUE_SIZE: '16384',
  OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/json',
};

/** Starts traces, metrics and logs; without an OTLP endpoint in the environment nothing is sent anywhere. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  for (const [key, value] of Object.entries(DEFAULTS)) process.env[key] ??= value;
  diag.setLogger(createDiagLogger(), DiagLogLevel.WARN);
  const scraped = new PrometheusExporter({ preventServerStart: true });
  const sdk = new NodeSDK({
    ...traceExport(),
    metricReaders: [scraped, ...pushedMetrics()],
    // Changes nothing about a metric, but lets the readers share one storage: without any view each keeps its own,
    // and every measurement is then looked up and added twice.
    views: [{ instrumentName: '*' }],
    ...logExport(),
    instrumentations: runtimeInstrumentation(),
    resource: resourceFromAttributes({
      'service.name': serviceName(options.role),
      'service.version': SCOPE_VERSION,
      'service.instance.id': instanceId(options),
    }),
    resourceDetectors: [envDetector],
    serviceName: serviceName(options.role),
  });
  sdk.start();
  return {
    metricsText: () => metricsText(scraped, options.slot === undefined ? options.role : String(options.slot)),
    async shutdown(timeoutMs) {
      await withinTime(sdk.shutdown(), timeoutMs);
      // A line logged from now on makes the SDK complain, and the complaint must not become the next line for ever.
      diag.disable();
    },
  };
}

function serviceName(role: TelemetryOptions['role']): string {
  const name = process.env['OTEL_SERVICE_NAME'] ?? SCOPE_NAME;
  return role === 'primary' || role === 'worker' ? name : `${name}-${role}`;
}

function instanceId(options: TelemetryOptions): string {
  return `${hostname()}-${options.role}${options.slot === undefined ? '' : `-${options.slot}`}`;
}

function isExported(signal: 'TRACES' | 'METRICS' | 'LOGS'): boolean {
  const wanted = process.env[`OTEL_${signal}_EXPORTER`] !== 'none';
  const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
  return wanted && endpoints.some((name) => (process.env[name] ?? '') !== '');
}

function traceExport(): { traceExporter: OTLPTraceExporter } | { spanProcessors: SpanProcessor[] } {
  // Without an exporter a processor is still needed: the SDK installs no tracer otherwise, and answers would have no trace id.
  return isExported('TRACES')
    ? { traceExporter: new OTLPTraceExporter() }
    : { spanProcessors: [IDLE_PROCESSOR] };
}

const IDLE_PROCESSOR: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

function pushedMetrics(): IMetricReader[] {
  if (!isExported('METRICS')) return [];
  const exportIntervalMillis = Number(process.env['OTEL_METRIC_EXPORT_INTERVAL'] ?? 15_000);
  return [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), exportIntervalMillis })];
}

/** The SDK makes the processor itself: only one that it made counts what it sends and what it drops. */
function logExport(): { logRecordProcessors?: LogRecordProcessor[] } {
  return isExported('LOGS') ? {} : { logRecordProcessors: [] };
}

/** Only the runtime's own metrics: spans are made by hand, and the undici instrumentation would double the `chat` span. */
function runtimeInstrumentation(): ReturnType<typeof getNodeAutoInstrumentations> {
  process.env['OTEL_NODE_ENABLED_INSTRUMENTATIONS'] ??= 'runtime-node';
  return getNodeAutoInstrumentations();
}

async function metricsText(reader: PrometheusExporter, worker: string): Promise<string> {
  const { resourceMetrics } = await reader.collect();
  const serializer = new PrometheusSerializer('', false, /^worker$/, true, true);
  return serializer.serialize({ ...resourceMetrics, resource: resourceFromAttributes({ worker }) });
}

function createDiagLogger(): DiagLogger {
  const report = (message: string) =>
    log.warn('telemetry.failed', { 'error.message': message.slice(0, 300) });
  const ignore = () => undefined;
  return { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore };
}

async function withinTime(work: Promise<void>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([work.catch(() => undefined), promise]);
  clearTimeout(timer);
}
