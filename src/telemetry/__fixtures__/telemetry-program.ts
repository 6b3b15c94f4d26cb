import { subscribe } from 'node:diagnostics_channel';
import { SpanKind } from '@opentelemetry/api';
import { createInstruments } from '../instruments.ts';
import { log, startLog } from '../log.ts';
import { startTelemetry } from '../sdk.ts';
import { openSpan } from '../spans.ts';

/** A process that says one thing in each signal and then ends; what it saw goes to standard error as JSON. */
let connections = 0;
subscribe('net.client.socket', () => {
  connections += 1;
});

const startedAt = performance.now();
const telemetry = startTelemetry({ role: 'worker', slot: 3 });
startLog({ level: 'info', base: { worker: 3 }, onDrop: () => undefined });
const startMs = performance.now() - startedAt;

const span = openSpan('POST /v1/chat/completions', { kind: SpanKind.SERVER });
createInstruments()['glassgate.answers'].record(2, { 'glassgate.outcome': 'answered', 'glassgate.stream': 'true' });
log.info('server.listening', { port: 8080 }, span.context);
span.end();

const metrics = await telemetry.metricsText();
const stoppedAt = performance.now();
await telemetry.shutdown(Number(process.env['SHUTDOWN_MS'] ?? 5000));
const shutdownMs = performance.now() - stoppedAt;
process.stderr.write(
  `${JSON.stringify({ connections, metrics, startMs, shutdownMs, traceId: span.traceId, spanId: span.spanId })}\n`,
);
process.exit(0);
