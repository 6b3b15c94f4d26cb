import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findOnPath, programPath } from './programs.ts';
import type { StackEnvironment } from './stack-environment.ts';
import type { StackPorts } from './stack-ports.ts';

/** Servers of a stack, in the order in which they end: who sends before who receives. */
export const PARTS = [
  'otel-collector',
  'grafana',
  'jaeger',
  'tempo',
  'loki',
  'alertmanager',
  'prometheus',
] as const;

/** A server of a stack. */
export type PartName = (typeof PARTS)[number];

/** How one server is started. */
export interface Part {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly readyUrl: string;
  readonly stopTimeoutMs?: number;
}

/** What the description of a server depends on. */
export interface PartContext {
  readonly folder: string;
  readonly ports: StackPorts;
  readonly environment: StackEnvironment;
  readonly parts: readonly PartName[];
}

const ROOT = join(import.meta.dirname, '..');
const LOCALHOST = 'http://127.0.0.1';

/** Tempo 3.0.3 does not end on SIGTERM once it has answered a query; by then it has written what it holds. */
const TEMPO_STOP_TIMEOUT_MS = 3000;

/** Which servers run when nobody says which: the built ones, and Tempo and Grafana where somebody has installed them. */
export function defaultParts(): PartName[] {
  return PARTS.filter((part) => (part !== 'tempo' && part !== 'grafana') || findOnPath(part) !== undefined);
}

/** How a server of the stack is started: the files of production, and addresses by the environment. */
export function describePart(name: PartName, context: PartContext): Part {
  return DESCRIPTIONS[name](context);
}

const DESCRIPTIONS: Readonly<Record<PartName, (context: PartContext) => Part>> = {
  'otel-collector': describeCollector,
  prometheus: describePrometheus,
  alertmanager: describeAlertmanager,
  loki: ({ ports, environment }) => ({
    command: programPath('loki'),
    args: [
      `-config.file=${join(ROOT, 'loki', 'loki.yaml')}`,
      '-config.expand-env=true',
      // Its own parts find one another at the next look: every ten seconds is long when tests wait for it.
      '-frontend.scheduler-dns-lookup-period=1s',
      '-querier.dns-lookup-period=1s',
    ],
    environment,
    readyUrl: `${LOCALHOST}:${ports.loki}/ready`,
  }),
  jaeger: describeJaeger,
  tempo: ({ ports, environment }) => ({
    command: onPath('tempo'),
    args: [`-config.file=${join(ROOT, 'tempo', 'tempo.yaml')}`, '-config.expand-env=true'],
    environment,
    readyUrl: `${LOCALHOST}:${ports.tempo}/ready`,
    stopTimeoutMs: TEMPO_STOP_TIMEOUT_MS,
  }),
  grafana: describeGrafana,
};

function describeCollector({ ports, environment, parts }: PartContext): Part {
  const files = [join(ROOT, 'otel-collector', 'config.yaml')];
  if (parts.includes('tempo') && parts.includes('jaeger')) {
    files.push(join(import.meta.dirname, 'also-to-jaeger.yaml'));
  }
  return {
    command: programPath('otelcol'),
    args: files.flatMap((file) => ['--config', file]),
    environment,
    readyUrl: `${LOCALHOST}:${ports.collectorHealth}/`,
  };
}

function describePrometheus({ folder, ports }: PartContext): Part {
  const url = `${LOCALHOST}:${ports.prometheus}`;
  return {
    command: programPath('prometheus'),
    args: [
      `@${join(ROOT, 'prometheus', 'flags')}`,
      `--config.file=${join(folder, 'prometheus', 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'prometheus', 'data')}`,
      `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      // Otherwise links in alerts would carry the machine's name.
      `--web.external-url=${url}`,
    ],
    readyUrl: `${url}/-/ready`,
  };
}

function describeAlertmanager({ folder, ports }: PartContext): Part {
  const url = `${LOCALHOST}:${ports.alertmanager}`;
  return {
    command: programPath('alertmanager'),
    args: [
      `--config.file=${join(folder, 'alertmanager', 'alertmanager.yml')}`,
      `--storage.path=${join(folder, 'alertmanager', 'data')}`,
      `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
      `--web.external-url=${url}`,
      // One alone: it would look for others on all interfaces.
      '--cluster.listen-address=',
    ],
    readyUrl: `${url}/-/ready`,
  };
}

/** Every listener is named: what is left out would open on all interfaces. */
function describeJaeger({ folder, ports }: PartContext): Part {
  const listeners = {
    'query.http-server.host-port': ports.jaegerQuery,
    'query.grpc-server.host-port': ports.jaegerQueryGrpc,
    'admin.http.host-port': ports.jaegerAdmin,
    'collector.otlp.grpc.host-port': ports.jaegerOtlpGrpc,
    'collector.otlp.http.host-port': ports.jaegerOtlpHttp,
    'collector.grpc-server.host-port': ports.jaegerGrpc,
    'collector.http-server.host-port': ports.jaegerHttp,
    'http-server.host-port': ports.jaegerSampling,
    'processor.jaeger-binary.server-host-port': ports.jaegerBinary,
    'processor.jaeger-compact.server-host-port': ports.jaegerCompact,
    'processor.zipkin-compact.server-host-port': ports.jaegerZipkinCompact,
  };
  return {
    command: programPath('jaeger'),
    args: [
      ...Object.entries(listeners).map(([flag, port]) => `--${flag}=127.0.0.1:${port}`),
      '--collector.otlp.enabled=true',
      // Spans that wait for the disk: the default of 2,000 drops what the Collector sends at once after an outage.
      '--collector.queue-size=100000',
      '--badger.ephemeral=false',
      `--badger.directory-key=${join(folder, 'jaeger', 'keys')}`,
      `--badger.directory-value=${join(folder, 'jaeger', 'values')}`,
    ],
    // On disk: traces outlive a restart, as they do in Tempo.
    environment: { SPAN_STORAGE_TYPE: 'badger' },
    readyUrl: `${LOCALHOST}:${ports.jaegerAdmin}/`,
  };
}

function describeGrafana({ folder, ports, environment }: PartContext): Part {
  const command = onPath('grafana');
  const data = join(folder, 'grafana');
  return {
    command,
    args: ['server', '--homepath', dirname(dirname(realpathSync(command)))],
    environment: {
      ...environment,
      GF_PATHS_DATA: data,
      GF_PATHS_LOGS: join(data, 'logs'),
      GF_PATHS_PLUGINS: join(data, 'plugins'),
      GF_PATHS_PROVISIONING: join(ROOT, 'grafana', 'provisioning'),
      GF_SERVER_HTTP_ADDR: '127.0.0.1',
      GF_SERVER_HTTP_PORT: String(ports.grafana),
      GF_AUTH_ANONYMOUS_ENABLED: 'true',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
    },
    readyUrl: `${LOCALHOST}:${ports.grafana}/api/health`,
  };
}

function onPath(name: string): string {
  const path = findOnPath(name);
  if (path === undefined) throw new Error(`${name} is not installed: no program of this name is on the PATH`);
  return path;
}
