import { join } from 'node:path';
import type { StackPorts } from './stack-ports.ts';

/** Values of the `GLASSGATE_STACK_*` names that the servers' files read. */
export type StackEnvironment = Readonly<Record<string, string>>;

const ROOT = join(import.meta.dirname, '..');

/** Where the servers of a local stack find one another, by the names that the production files use. */
export function stackEnvironment(
  folder: string,
  ports: StackPorts,
  traces: 'tempo' | 'jaeger',
): StackEnvironment {
  const address = (port: keyof StackPorts) => `127.0.0.1:${ports[port]}`;
  const url = (port: keyof StackPorts) => `http://${address(port)}`;
  return prefixed({
    OTLP_GRPC: address('otlpGrpc'),
    OTLP_HTTP: address('otlpHttp'),
    COLLECTOR_HEALTH: address('collectorHealth'),
    COLLECTOR_METRICS_HOST: '127.0.0.1',
    COLLECTOR_METRICS_PORT: String(ports.collectorMetrics),
    QUEUE_FOLDER: join(folder, 'otel-collector', 'queue'),
    TRACES_URL: url(traces === 'tempo' ? 'tempoOtlpHttp' : 'jaegerOtlpHttp'),
    SECOND_TRACES_URL: url('jaegerOtlpHttp'),
    LOGS_URL: `${url('loki')}/otlp`,
    METRICS_URL: `${url('prometheus')}/api/v1/otlp`,
    LOKI_HOST: '127.0.0.1',
    LOKI_PORT: String(ports.loki),
    LOKI_GRPC_PORT: String(ports.lokiGrpc),
    LOKI_FOLDER: join(folder, 'loki'),
    TEMPO_HOST: '127.0.0.1',
    TEMPO_PORT: String(ports.tempo),
    TEMPO_GRPC_PORT: String(ports.tempoGrpc),
    TEMPO_OTLP_GRPC: address('tempoOtlpGrpc'),
    TEMPO_OTLP_HTTP: address('tempoOtlpHttp'),
    TEMPO_FOLDER: join(folder, 'tempo'),
    TEMPO_REMOTE_WRITE: `${url('prometheus')}/api/v1/write`,
    PROMETHEUS_URL: url('prometheus'),
    LOKI_URL: url('loki'),
    TEMPO_URL: url('tempo'),
    ALERTMANAGER_URL: url('alertmanager'),
    GRAFANA_URL: url('grafana'),
    DASHBOARDS: join(ROOT, 'grafana', 'dashboards'),
    SMTP_HOST: address('nobody'),
    SMTP_FROM: 'glassgate@localhost',
    SMTP_TLS: 'false',
    ALERT_MAIL_TO: 'on-call@localhost',
    RELAY_URL: `${url('nobody')}/alerts`,
    RELAY_TOKEN_FILE: join(folder, 'alertmanager', 'relay-token'),
  });
}

function prefixed(values: Readonly<Record<string, string>>): StackEnvironment {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`GLASSGATE_STACK_${name}`, value]),
  );
}
